import { beforeAll, expect, test, vi } from 'vitest'
import { useRunning } from '../support/fixtures.ts'
import { connect, consent, introspect, redeem, refresh } from '../support/flow.ts'
import { startFaultyProxy } from '../support/faulty-proxy.ts'
import { startOutageServer } from '../support/outage.ts'
import { startRedis, useRedis, waitUntil, withClient } from '../support/redis-server.ts'
import { areActive, pause } from '../support/requests.ts'
import { publicClient } from '../support/server.ts'

// What Redis forgets, and what reaches it too late.

const redis = useRedis()
const proxy = useRunning(() => startFaultyProxy(redis))
const server = useRunning(() => startOutageServer(proxy.port))
let issuer: string
beforeAll(() => void ({ issuer } = server))

const order = (...command: readonly [string, ...string[]]): Promise<unknown> =>
  withClient(redis, (client) => client.call(...command))

test('emptied: what was before is unknown, and what is new works at once', async () => {
  const [before, agreed] = await Promise.all([connect(issuer), consent(issuer)])
  await order('FLUSHALL')
  expect(await introspect(issuer, before.access_token)).toEqual({ active: false })
  for (const { status, body } of [
    await refresh(issuer, before.refresh_token),
    await redeem(issuer, agreed),
  ]) {
    expect([status, body['error']]).toEqual([400, 'invalid_grant'])
  }
  const after = await connect(issuer)
  expect(await areActive(issuer, [after.access_token, after.refresh_token])).toEqual([true, true])
  expect((await refresh(issuer, after.refresh_token)).status).toBe(200)
})

test('emptied of its scripts: nothing is lost, and nobody notices', async () => {
  const [before, agreed] = await Promise.all([connect(issuer), consent(issuer)])
  await order('SCRIPT', 'FLUSH')
  expect((await redeem(issuer, agreed)).status).toBe(200)
  await order('SCRIPT', 'FLUSH')
  expect((await refresh(issuer, before.refresh_token)).status).toBe(200)
})

test('replaced by the data of another server: what was before is unknown, and what is new works', async () => {
  const other = await startRedis({ args: ['--repl-diskless-sync-delay', '0'] })
  const { access_token } = await connect(issuer)
  await order('REPLICAOF', other.host, String(other.port))
  await waitUntil('it has the data of the other', async () =>
    String(await order('INFO', 'replication')).includes('master_link_status:up'),
  )
  // It has nothing of this, and does not say so: it might be behind.
  expect((await introspect(issuer, access_token))['error']).toBe('temporarily_unavailable')
  await order('REPLICAOF', 'NO', 'ONE')
  await other.stop()
  const seen: unknown[] = []
  await waitUntil('it answers again', async () => {
    const { active, error } = await introspect(issuer, access_token)
    seen.push(active ?? error)
    return active !== undefined
  })
  expect(seen.filter((what) => what !== 'temporarily_unavailable')).toEqual([false])
  expect(await areActive(issuer, [(await connect(issuer)).access_token])).toEqual([true])
})

test.each([
  { what: 'a code', client: undefined },
  { what: 'the refresh token of a public client', client: publicClient },
])(
  '$what is not used up by a command that comes when nobody waits for it any more',
  async (given) => {
    const agreed = await consent(issuer)
    const { refresh_token } = await connect(issuer, { client: publicClient })
    const use = () =>
      given.client ? refresh(issuer, refresh_token, publicClient) : redeem(issuer, agreed)
    proxy.silentBefore(1)
    expect((await use()).status).toBe(503)
    expect(proxy.commands()).toBe(2)
    proxy.passAll()
    await pause(50)
    expect((await use()).status).toBe(200)
  },
)

test('a clock that is set costs one more command each time, and only for a while', async () => {
  const records = server.storage.records('Session')
  await records.upsert('one', {})
  const commandsOfOne = async (): Promise<number> => {
    proxy.passAll()
    await records.find('one')
    return proxy.commands()
  }
  expect(await commandsOfOne()).toBe(1)
  // As after a failover to a server whose clock is ahead.
  const now = performance.now.bind(performance)
  const set = vi.spyOn(performance, 'now').mockImplementation(() => now() - 5000)
  try {
    expect(await commandsOfOne()).toBe(2)
    for (let count = 0; count < 50; count += 1) await records.find('one')
    expect(await commandsOfOne()).toBe(1)
  } finally {
    set.mockRestore()
  }
})
