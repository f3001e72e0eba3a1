import { Redis } from 'ioredis'
import { afterEach, expect, test } from 'vitest'
import { createRedisAdapter, recommendedRedisOptions } from '../../adapters/redis.ts'
import { createGrantId } from '../../lib/grants/token-values.ts'
import { useRunning } from '../support/fixtures.ts'
import { connect, introspect, refresh, type Tokens } from '../support/flow.ts'
import { keysOf } from '../support/redis-dump.ts'
import { storageKeys } from '../support/redis-harness.ts'
import { useRedis } from '../support/redis-server.ts'
import { pause } from '../support/requests.ts'
import { confidential, resourceServer, useServer } from '../support/server.ts'

// How much of Redis a connection takes, in a Redis that is set up as it comes.

const redis = useRedis()
const client = useRunning(() => new Redis(redis.url, recommendedRedisOptions))
const server = useServer(() => ({
  storage: createRedisAdapter({ client, keys: storageKeys }),
  clients: [confidential, resourceServer],
  lifetimes: { authorizationCode: 1 },
}))
afterEach(() => client.flushall())

/** Bytes of a grant with its entries in both indexes. */
async function bytesOfConnection(): Promise<number> {
  const keys = await keysOf(client, 'pleo:grant')
  expect(keys).toHaveLength(3)
  const bytes = await Promise.all(keys.map((key) => client.memory('USAGE', key, 'SAMPLES', 0)))
  return bytes.reduce<number>((sum, one) => sum + Number(one), 0)
}

const refreshed = async (given: Tokens): Promise<Tokens> =>
  (await refresh(server.issuer, given.refresh_token)).body as unknown as Tokens

/** Until its code has ended. */
const wait = (): Promise<void> => pause(1100)

test('a new connection takes little more than 2 kB, because its code may come again', async () => {
  await connect(server.issuer)
  expect(await bytesOfConnection()).toBeLessThan(2200)
})

test('a removal from a grant that does not exist stores nothing', async () => {
  const { grants } = createRedisAdapter({ client, keys: storageKeys })
  for (const kind of ['AuthorizationCode', 'RefreshToken', 'AccessToken'] as const) {
    await grants.remove(createGrantId(), kind)
    await grants.remove(createGrantId(), kind, createGrantId())
  }
  await grants.noteUse(createGrantId(), 0)
  expect(await keysOf(client, 'pleo:grant')).toEqual([])
})

test('one that is in use takes less than 2 kB', async () => {
  const tokens = await connect(server.issuer)
  await wait()
  await introspect(server.issuer, tokens.access_token)
  expect(await bytesOfConnection()).toBeLessThan(2000)
})

test('one that was refreshed takes less than 2 kB, however often that was', async () => {
  let tokens = await refreshed(await connect(server.issuer))
  await wait()
  tokens = await refreshed(tokens)
  const bytes = await bytesOfConnection()
  expect(bytes).toBeLessThan(2000)
  for (let times = 0; times < 20; times += 1) tokens = await refreshed(tokens)
  // But for the times of first use within the overlap.
  await client.hdel(String((await client.keys('pleo:grant:*'))[0]), 'ro')
  expect(await bytesOfConnection()).toBeLessThan(bytes + 64)
})
