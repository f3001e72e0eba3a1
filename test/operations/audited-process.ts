/** An authorization server on Redis in a process of its own, which appends its audit events to a file. */
import { appendFileSync } from 'node:fs'
import { Redis } from 'ioredis'
import { createRedisAdapter, recommendedRedisOptions } from '../../adapters/redis.ts'
import { storageKeys } from '../support/redis-harness.ts'
import { startServer } from '../support/server.ts'

const client = new Redis(process.env['REDIS_URL'] ?? '', recommendedRedisOptions)
client.on('error', () => undefined)
const server = await startServer({ storage: createRedisAdapter({ client, keys: storageKeys }) })
server.audit.on((event) => {
  appendFileSync(process.env['AUDIT_LOG'] ?? '', `${JSON.stringify(event)}\n`)
  // The answer waits for a second.
  return process.env['IS_SLOW'] === 'true' ? new Promise(() => {}) : undefined
})
process.send?.({ issuer: server.issuer })
// It goes with the test that started it.
process.on('disconnect', () => process.exit())
