import { Redis } from 'ioredis'
import { afterAll, expect, test } from 'vitest'
import { createRedisAdapter, recommendedRedisOptions } from '../../adapters/redis.ts'
import type { Storage } from '../../lib/index.ts'
import { connect, introspect, refresh } from '../support/flow.ts'
import { storageKeys } from '../support/redis-harness.ts'
import { useRedis } from '../support/redis-server.ts'
import { confidential, resourceServer, startServer, type RunningServer } from '../support/server.ts'

// Clients that are stored are kept in the process for a moment, and dropped at once when they change.

const open: Redis[] = []
const running: RunningServer[] = []
const redis = useRedis()
afterAll(async () => {
  await Promise.all(running.map((server) => server.close()))
  open.forEach((client) => client.disconnect())
})

function openClient(): Redis {
  const client = new Redis(redis.url, recommendedRedisOptions)
  open.push(client)
  return client
}

async function start(
  keyPrefix: string,
  hears: boolean,
): Promise<{ readonly server: RunningServer; readonly storage: Storage; readonly client: Redis }> {
  const client = openClient()
  const storage = createRedisAdapter({
    client,
    keyPrefix,
    keys: storageKeys,
    ...(hears && { subscriber: openClient() }),
  })
  const server = await startServer({ storage, clients: [resourceServer] })
  running.push(server)
  return { server, storage, client }
}

const changed = { ...confidential, client_secret: 'another-secret' }
const statusOf = async (issuer: string, token: string, as = confidential): Promise<number> =>
  (await refresh(issuer, token, as)).status

async function isPolled(issuer: string, token: string): Promise<void> {
  await expect.poll(() => statusOf(issuer, token)).toBe(401)
}

test.each([
  ['with a subscriber', true],
  ['without one', false],
])('a change is taken at once where it is made, and everywhere soon, %s', async (_, hears) => {
  const [here, there] = [await start(`${hears}:`, hears), await start(`${hears}:`, hears)]
  const records = here.storage.records('Client')
  await records.upsert(confidential.client_id, { ...confidential })
  const { refresh_token } = await connect(here.server.issuer)
  const wrong = 'x'.repeat(93)
  expect(await statusOf(here.server.issuer, wrong)).toBe(400)
  expect(await statusOf(there.server.issuer, wrong)).toBe(400)

  await records.upsert(confidential.client_id, { ...changed })
  expect(await statusOf(here.server.issuer, wrong)).toBe(401)
  await isPolled(there.server.issuer, wrong)
  expect(await statusOf(there.server.issuer, refresh_token, changed)).toBe(200)

  await records.destroy(confidential.client_id)
  expect(await statusOf(here.server.issuer, wrong, changed)).toBe(401)
})

test('with a subscriber, the other process is told, and does not wait for a second', async () => {
  const [here, there] = [await start('told:', true), await start('told:', true)]
  const heard: string[] = []
  there.storage.onClientChange((id) => heard.push(id))
  await expect
    .poll(async () => {
      await here.storage.records('Client').upsert(confidential.client_id, { ...confidential })
      return heard
    })
    .toContain(confidential.client_id)
})

test('a token of a client that is there no more is not active, and no error', async () => {
  const { server, storage } = await start('gone:', false)
  await storage.records('Client').upsert(confidential.client_id, { ...confidential })
  const { access_token } = await connect(server.issuer)
  expect(await introspect(server.issuer, access_token, resourceServer)).toMatchObject({
    active: true,
  })
  await storage.records('Client').destroy(confidential.client_id)
  expect(await introspect(server.issuer, access_token, resourceServer)).toEqual({ active: false })
})

test('a client is read from Redis once for many requests', async () => {
  const { server, storage, client } = await start('once:', false)
  await storage.records('Client').upsert(confidential.client_id, { ...confidential })
  const { refresh_token } = await connect(server.issuer)
  const calls = async (): Promise<number> =>
    Number(/cmdstat_evalsha:calls=(\d+)/.exec(await client.info('commandstats'))?.[1])
  await introspect(server.issuer, refresh_token)
  const before = await calls()
  await Promise.all(Array.from({ length: 20 }, () => introspect(server.issuer, refresh_token)))
  // One each for the token, and at most one more for the client.
  expect((await calls()) - before).toBeLessThanOrEqual(21)
})
