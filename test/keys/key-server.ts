/** An authorization server whose tokens are signed with keys in Redis, in a process of its own. */
import { Redis } from 'ioredis'
import { createRedisAdapter, recommendedRedisOptions } from '../../adapters/redis.ts'
import { storageKeys } from '../support/redis-harness.ts'
import { startServer } from '../support/server.ts'
import { signing } from '../support/signed-tokens.ts'

const client = new Redis(process.env['REDIS_URL'] ?? '', recommendedRedisOptions)
client.on('error', () => undefined)
const storage = createRedisAdapter({ client, keys: storageKeys })
const { issuer } = await startServer({ ...signing, storage })
process.send?.({ issuer })
// It goes with the test that started it.
process.on('disconnect', () => process.exit())
