import { Redis } from 'ioredis'
import { expect, test, vi } from 'vitest'
import {
  createRedisAdapter,
  recommendedRedisOptions,
  type RedisStorage,
} from '../../adapters/redis.ts'
import { grantWith, sampleGrant } from '../../lib/testing/contract/harness.ts'
import { useRunning } from '../support/fixtures.ts'
import { storageKeys } from '../support/redis-harness.ts'
import { useRedis } from '../support/redis-server.ts'
import { createAttempt } from '../../adapters/redis/script.ts'

// A command that is sent again after a broken connection has the attempt of the first, and gets its answer. Nobody else may.

const redis = useRedis()
const client = useRunning(() => new Redis(redis.url, recommendedRedisOptions))

const create = (adapter = createRedisAdapter): RedisStorage =>
  adapter({ client, keys: storageKeys })

/** A storage as in another process, whose process id and count of attempts are the same. */
async function createElsewhere(): Promise<RedisStorage> {
  vi.resetModules()
  const { createRedisAdapter: adapter } = await import('../../adapters/redis.ts')
  return create(adapter)
}

/** Everything that only one may do. Each resolves to whether it was done. */
const acts: Readonly<Record<string, (storage: RedisStorage, id: string) => Promise<boolean>>> = {
  insert: (storage, id) => storage.records('Session').insert(id, {}, 60),
  consume: (storage, id) => storage.records('Session').consume(id),
  destroy: (storage, id) => storage.records('Session').destroy(id),
  prove: ({ usedProofs }, id) => usedProofs.use({ clientId: 'one', id, lifetime: 60 }),
  end: async ({ grants }, id) => (await grants.end(id)) !== undefined,
}

test.each([
  { where: 'in one process', start: async () => [create(), create()] as const },
  {
    where: 'in two processes with one process id',
    start: async () => [await createElsewhere(), await createElsewhere()] as const,
  },
])('of two storages $where, each thing is done by one', async ({ start }) => {
  const [one, two] = await start()
  for (let round = 0; round < 20; round += 1) {
    const { id, payload } = sampleGrant()
    await one.grants.save(id, payload, 60)
    for (const [name, act] of Object.entries(acts)) {
      expect([name, await act(one, id), await act(two, id)]).toEqual([name, true, false])
    }
  }
})

test('a code is redeemed by one of them', async () => {
  const [one, two] = [await createElsewhere(), await createElsewhere()]
  const { id, token } = await grantWith(one, 'AuthorizationCode')
  const redemption = {
    used: { kind: 'AuthorizationCode', id: token.id },
    retryWindow: 0,
  } as const
  expect(await one.grants.exchange(id, redemption)).toBe('exchanged')
  expect(await two.grants.exchange(id, redemption)).toBe('used')
})

test('no attempt is the beginning of another one, or has what separates them', () => {
  const attempts = Array.from({ length: 2000 }, createAttempt).toSorted()
  const isFine = (attempt: string, index: number): boolean =>
    !attempt.includes(',') && attempts[index + 1]?.startsWith(attempt) !== true
  expect(attempts.filter((attempt, index) => !isFine(attempt, index))).toEqual([])
})
