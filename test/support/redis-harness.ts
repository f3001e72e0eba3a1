import { setTimeout as wait } from 'node:timers/promises'
import type { Cluster, Redis } from 'ioredis'
import { createRedisAdapter } from '../../adapters/redis.ts'
import type { Storage } from '../../lib/index.ts'
import type { AdapterHarness } from '../../lib/testing/index.ts'
import { dumpOf } from './redis-dump.ts'

export const storageKeys: readonly string[] = ['a storage key of the tests, long enough']

/** Redis under a prefix of its own for each test, seen by two processes as two clients. */
export function createRedisHarnesses(
  clients: () => readonly [Redis | Cluster, Redis | Cluster],
  create: (client: Redis | Cluster, keyPrefix: string) => Storage = (client, keyPrefix) =>
    createRedisAdapter({ client, keyPrefix, keys: storageKeys }),
): () => AdapterHarness {
  let count = 0
  return () => {
    count += 1
    const prefix = `test-${count}:`
    const [one, other] = clients()
    return {
      storage: create(one, prefix),
      other: create(other, prefix),
      pass: (seconds) => wait(seconds * 1000),
      dump: () => dumpOf(one, prefix),
    }
  }
}
