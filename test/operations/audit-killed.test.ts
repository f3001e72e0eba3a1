import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { createRedisAdapter, recommendedRedisOptions } from '../../adapters/redis.ts'
import { generationOf, grantIdOf } from '../../lib/grants/token-values.ts'
import type { AuditEvent, Storage } from '../../lib/index.ts'
import { startFaultyProxy } from '../support/faulty-proxy.ts'
import { useRunning } from '../support/fixtures.ts'
import { connect, refresh } from '../support/flow.ts'
import { createFolder } from '../support/folder.ts'
import { storageKeys } from '../support/redis-harness.ts'
import { useRedis } from '../support/redis-server.ts'
import { pause } from '../support/requests.ts'
import { startServerProcess, type ServerProcess } from '../support/server-process.ts'

// A process that dies around an event: the event may be missing, but then nobody was told of the change.

const redis = useRedis()
const proxy = useRunning(() => startFaultyProxy(redis))
const client = useRunning(() => new Redis(redis.url, recommendedRedisOptions))
let storage: Storage
beforeAll(() => void (storage = createRedisAdapter({ client, keys: storageKeys })))

const main = fileURLToPath(new URL('audited-process.ts', import.meta.url))

interface AuditedProcess extends ServerProcess {
  /** The types of the events of that refresh token, so far. */
  readonly events: (token: string) => readonly string[]
}

async function start(port: number, isSlow = false): Promise<AuditedProcess> {
  const log = join(createFolder({ 'audit.jsonl': '' }), 'audit.jsonl')
  const env = { AUDIT_LOG: log, IS_SLOW: String(isSlow) }
  const server = await startServerProcess(`redis://127.0.0.1:${port}`, { main, env })
  onTestFinished(() => server.kill())
  const events = (token: string): readonly string[] =>
    readFileSync(log, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as AuditEvent)
      .filter((event) => 'grantId' in event && event.grantId === grantIdOf(token))
      .map(({ type }) => type)
  return { ...server, events }
}

/** How many refreshes the storage knows of. */
const refreshesOf = async (token: string): Promise<number | undefined> =>
  (await storage.grants.load(grantIdOf(token) ?? ''))?.refreshToken?.generation

test('killed between the change and the event: the client hears nothing, and its retry is the event', async () => {
  const [server, other] = await Promise.all([start(proxy.port), start(redis.port)])
  const { refresh_token: token } = await connect(other.issuer)
  // The first request of a process also notes the address of the client.
  await refresh(server.issuer, (await connect(other.issuer)).refresh_token)
  await pause(200)
  // The first command reads, the second one changes.
  proxy.silentAfter(1)
  const answer = refresh(server.issuer, token).catch(() => 'none')
  const before = generationOf(token) ?? 0
  await expect.poll(() => refreshesOf(token)).toBe(before + 1)
  await server.kill()
  expect([await answer, server.events(token)]).toEqual(['none', []])
  const { status } = await refresh(other.issuer, token)
  expect(status).toBe(200)
  expect(other.events(token).slice(-1)).toEqual(['token.refresh_repeated'])
  proxy.passAll()
})

test('killed between the event and the answer: the event is there, and the client hears nothing', async () => {
  const [server, other] = await Promise.all([start(redis.port, true), start(redis.port)])
  const { refresh_token: token } = await connect(other.issuer)
  let isAnswered = false
  const answer = refresh(server.issuer, token).then(
    () => (isAnswered = true),
    () => 'none',
  )
  await expect.poll(() => server.events(token)).toEqual(['token.refreshed'])
  expect(isAnswered).toBe(false)
  await server.kill()
  expect(await answer).toBe('none')
  await refresh(other.issuer, token)
  expect(other.events(token).slice(-1)).toEqual(['token.refresh_repeated'])
})
