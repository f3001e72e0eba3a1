/** An authorization server on Redis in a process of its own, for the tests that need several, or kill one. */
import { Redis } from 'ioredis'
import { createRedisAdapter, recommendedRedisOptions } from '../../adapters/redis.ts'
import { storageKeys } from '../support/redis-harness.ts'
import { startServer } from '../support/server.ts'

const timeout = Number(process.env['REDIS_TIMEOUT'] ?? recommendedRedisOptions.commandTimeout)
const client = new Redis(process.env['REDIS_URL'] ?? '', {
  ...recommendedRedisOptions,
  commandTimeout: timeout,
  socketTimeout: Math.max(timeout, recommendedRedisOptions.socketTimeout ?? 0),
})
client.on('error', () => undefined)
const storage = createRedisAdapter({ client, keys: storageKeys, timeout })
const limits = process.env['LIMITS'] === 'off' && ({ limits: false } as const)
const { issuer } = await startServer({ storage, ...limits }, Number(process.env['PORT'] ?? 0))
process.send?.({ issuer })
// It goes with the test that started it.
process.on('disconnect', () => process.exit())
