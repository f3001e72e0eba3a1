import { Redis } from 'ioredis'
import { createMemoryAdapter } from '../../adapters/memory.ts'
import { createRedisAdapter, recommendedRedisOptions } from '../../adapters/redis.ts'
import type { Storage } from '../../lib/index.ts'
import { storageKeys } from './redis-harness.ts'
import { startRedis } from './redis-server.ts'

let redis: Promise<Redis> | undefined
let count = 0

/** Where a test keeps things that does not care: in memory, or in Redis where the project is to use that. */
export async function createTestStorage(): Promise<Storage> {
  if (process.env['TEST_STORAGE'] !== 'redis') return createMemoryAdapter()
  // One server for a file of tests; it ends with the process.
  redis ??= startRedis().then(({ url }) => new Redis(url, recommendedRedisOptions))
  count += 1
  const client = await redis
  return createRedisAdapter({ client, keyPrefix: `server-${count}:`, keys: storageKeys })
}

/** A storage for which no time passes: fifty requests at once are at once, however busy the machine is. */
export function createTimelessStorage(): Storage {
  const now = Date.now()
  return createMemoryAdapter({ now: () => now })
}
