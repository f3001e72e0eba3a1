import { Redis } from 'ioredis'
import { describe, expect } from 'vitest'
import { createMemoryAdapter } from '../../adapters/memory.ts'
import { createRedisAdapter, recommendedRedisOptions } from '../../adapters/redis.ts'
import { grantIdOf } from '../../lib/grants/token-values.ts'
import type { AuditActor, AuditEvent, AuthorizationServer, Storage } from '../../lib/index.ts'
import { useRunning } from './fixtures.ts'
import { bakery } from './people.ts'
import { storageKeys } from './redis-harness.ts'
import { useRedis } from './redis-server.ts'
import { confidential } from './server.ts'

/** Keeps the events of a server. */
export function listenTo({ audit }: Pick<AuthorizationServer, 'audit'>): {
  readonly events: readonly AuditEvent[]
  /** The types of the events since the last call. */
  readonly types: () => readonly string[]
  /** Waits for none, and forgets those before. Returns the events since the last call. */
  readonly next: () => readonly AuditEvent[]
} {
  const events: AuditEvent[] = []
  let seen = 0
  audit.on((event) => void events.push(event))
  const next = (): readonly AuditEvent[] => {
    const since = events.slice(seen)
    seen = events.length
    return since
  }
  return { events, next, types: () => next().map(({ type }) => type) }
}

/** The members of each event of a request. */
export const inRequest = {
  time: expect.any(Number) as number,
  address: '127.0.0.1',
  requestId: expect.stringMatching(/^[\da-f]{16}$/) as string,
}

/** The members of each event outside a request. */
export const outside = { time: expect.any(Number) as number }

/** Runs the same tests with the memory adapter and with a Redis. Each call makes another storage. */
export function inEachStorage(define: (createStorage: () => Storage) => void): void {
  const redis = useRedis()
  const client = useRunning(() => new Redis(redis.url, recommendedRedisOptions))
  let count = 0
  describe('in memory', () => {
    define(() => createMemoryAdapter())
  })
  describe('in Redis', () => {
    define(() => {
      count += 1
      return createRedisAdapter({ client, keys: storageKeys, keyPrefix: `audit-${count}:` })
    })
  })
}

export const byApi: AuditActor = { kind: 'operator', how: 'api' }

/** The members of each event of a connection of Sofia's bakery. */
export const grantOf = (token: string): Readonly<Record<string, unknown>> => ({
  grantId: grantIdOf(token),
  clientId: confidential.client_id,
  subject: bakery,
  accountId: 'sofia',
  scopes: ['companies:read'],
})
