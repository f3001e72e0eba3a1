import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createRedisAdapter, recommendedRedisOptions } from '../../adapters/redis.ts'
import type { Storage } from '../../lib/index.ts'
import { grantWith, sampleRefresh } from '../../lib/testing/contract/samples.ts'
import { storageKeys } from '../support/redis-harness.ts'
import { startRedis, type RedisServer } from '../support/redis-server.ts'

// A refresh that is taken back, because no replica has it, while the overlap of the refresh before is open.

let redis: RedisServer
let client: Redis
let storage: Storage
let unreplicated: Storage
beforeAll(async () => {
  redis = await startRedis()
  client = new Redis(redis.url, recommendedRedisOptions)
  storage = createRedisAdapter({ client, keys: storageKeys })
  const waitForReplicas = { count: 1, timeout: 50 }
  unreplicated = createRedisAdapter({ client, keys: storageKeys, waitForReplicas })
})
afterAll(async () => {
  client.disconnect()
  await redis.stop()
})

test.each([
  ['was seen in use', (id: string) => storage.grants.noteUse(id, 1)],
  [
    'has a revoked access token',
    (id: string, token: string) => storage.grants.remove(id, 'AccessToken', token),
  ],
])('a slower worker ends nothing if its successor %s', async (_, happen) => {
  const { id, token } = await grantWith(storage, 'RefreshToken')
  const first = sampleRefresh(token, 0, { overlap: 60 })
  expect(await storage.grants.exchange(id, first)).toBe('exchanged')
  await happen(id, first.accessToken.id)
  const second = sampleRefresh(first.refreshToken, 1, { overlap: 60 })
  await expect(unreplicated.grants.exchange(id, second)).rejects.toThrow('replicas')

  expect(await storage.grants.exchange(id, first)).toBe('used')
  const loaded = await storage.grants.load(id)
  expect(loaded?.find('AccessToken', first.accessToken.id)).toBeUndefined()
  expect(loaded?.refreshToken?.is(first.refreshToken.id)).toBe(true)
  expect(await storage.grants.exchange(id, second)).toBe('exchanged')
  expect(await storage.grants.exchange(id, second)).toBe('repeated')
})
