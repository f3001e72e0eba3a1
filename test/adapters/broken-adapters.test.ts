import { Cluster, Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRedisAdapter, recommendedRedisOptions } from '../../adapters/redis.ts'
import type { RecordStorage, Storage } from '../../lib/index.ts'
import { adapterContract, type MakeAdapter } from '../../lib/testing/index.ts'
import { startCluster } from '../support/redis-cluster.ts'
import { createRedisHarnesses, storageKeys } from '../support/redis-harness.ts'
import { startRedis } from '../support/redis-server.ts'

// The contract is worth what it catches: ten adapters, each with a mistake that was seen in a real one.

let redis: readonly [Redis, Redis]
let cluster: readonly [Cluster, Cluster]
const stopping: (() => Promise<void>)[] = []

beforeAll(async () => {
  const server = await startRedis()
  const three = await startCluster()
  const connect = (): Redis => new Redis(server.url, recommendedRedisOptions)
  const join = (): Cluster =>
    new Cluster([...three.addresses], { redisOptions: recommendedRedisOptions })
  redis = [connect(), connect()]
  cluster = [join(), join()]
  stopping.push(
    () => server.stop(),
    () => three.stop(),
  )
})
afterAll(async () => {
  for (const client of [...redis, ...cluster]) client.disconnect()
  await Promise.all(stopping.map((stop) => stop()))
})

type Client = Redis | Cluster
type Break = (intact: Storage, client: Client, prefix: string) => Partial<Storage>

const brokenRecords =
  (
    change: (records: RecordStorage, model: string, client: Client) => Partial<RecordStorage>,
  ): Break =>
  (intact, client) => ({
    records: (model) => {
      const records = intact.records(model)
      return { ...records, ...change(records, model, client) }
    },
  })

const adapters: readonly (readonly [name: string, sentence: RegExp, breakIt: Break])[] = [
  [
    'no expiry',
    /^a record is not found when its lifetime is over/,
    brokenRecords((records) => ({ upsert: (id, payload) => records.upsert(id, payload) })),
  ],
  [
    'a consume that looks first and marks then',
    /^one of fifty consumes a (Interaction|DeviceCode)/,
    brokenRecords((records) => ({
      consume: async (id) => {
        const record = await records.find(id)
        if (!record || record.consumed !== undefined) return false
        await records.consume(id)
        return true
      },
    })),
  ],
  [
    'a swap that looks first and stores then',
    /^of fifty swaps from one version/,
    brokenRecords((records) => ({
      swap: async (id, payload, from) => {
        if ((await records.find(id))?.version !== from) return false
        await records.upsert(id, payload)
        return true
      },
    })),
  ],
  [
    'a destroy that does not look at the version',
    /^a record is destroyed in the version that was read/,
    brokenRecords((records) => ({ destroy: (id) => records.destroy(id) })),
  ],
  [
    'a command over keys of two slots',
    /^one of fifty destroys/,
    brokenRecords((records, model, client) => ({
      destroy: async (id, version) => {
        await client.del(`${model}:${id}:one`, `${model}:${id}:two`)
        return records.destroy(id, version)
      },
    })),
  ],
  [
    'a plain token in a key',
    /^no credential is kept as it is/,
    (intact, client, prefix) =>
      brokenRecords((records) => ({
        upsert: async (id, payload, lifetime) => {
          await client.set(`${prefix}seen:${id}`, 1, 'EX', 60)
          await records.upsert(id, payload, lifetime)
        },
      }))(intact, client, prefix),
  ],
  [
    'an index without expiry',
    /^nothing stays for ever/,
    (intact, client, prefix) => ({
      grants: {
        ...intact.grants,
        save: async (id, payload, lifetime) => {
          await client.sadd(`${prefix}grants`, 'a hash')
          await intact.grants.save(id, payload, lifetime)
        },
      },
    }),
  ],
  [
    'a revocation that forgets',
    /^a grant ends at once for everybody/,
    ({ grants }) => ({
      grants: {
        ...grants,
        end: async (id) => {
          const loaded = await grants.load(id)
          await grants.remove(id, 'AccessToken')
          return loaded && { grantId: id, payload: loaded.payload }
        },
      },
    }),
  ],
  [
    'a lost jti',
    /^a session is found by its second id/,
    brokenRecords((records) => ({
      findByUid: async (uid) => {
        const { jti: _, ...rest } = (await records.findByUid(uid)) ?? {}
        return rest
      },
    })),
  ],
  [
    'pushed authorization requests that cannot be consumed',
    /^one of fifty consumes a PushedAuthorizationRequest/,
    brokenRecords((records, model) => ({
      consume: async (id) => (model === 'PushedAuthorizationRequest' ? true : records.consume(id)),
    })),
  ],
]

describe('the contract catches an adapter with', () => {
  it.each(adapters)('%s', async (_, sentence, breakIt) => {
    const create = (client: Client, keyPrefix: string): Storage => {
      const intact = createRedisAdapter({ client, keyPrefix, keys: storageKeys })
      return { ...intact, ...breakIt(intact, client, keyPrefix) }
    }
    const broken = createRedisHarnesses(() => cluster, create)
    const found = await failuresOf(broken, sentence)
    expect(found).not.toEqual([])
    for (const { error } of found) expect(error).toMatch(/AssertionError|CROSSSLOT|same slot/)
    // The mistake is what fails, not where it was looked for.
    expect(
      await failuresOf(
        createRedisHarnesses(() => cluster),
        sentence,
      ),
    ).toEqual([])
  })

  it('nothing, where there is no mistake, on one server as well', async () => {
    for (const [, sentence] of adapters) {
      expect(
        await failuresOf(
          createRedisHarnesses(() => redis),
          sentence,
        ),
      ).toEqual([])
    }
  })
})

/** Runs the tests of the contract with such a name, as a runner of its own would. */
async function failuresOf(
  makeAdapter: MakeAdapter,
  sentence: RegExp,
): Promise<readonly { readonly name: string; readonly error: string }[]> {
  const tests: { readonly name: string; readonly run: () => Promise<void> }[] = []
  const describeNow = (_: string, define: () => void): void => define()
  const collect = (name: string, run: () => Promise<void>): void => void tests.push({ name, run })
  adapterContract({ describe: describeNow, it: collect }, makeAdapter)
  const chosen = tests.filter(({ name }) => sentence.test(name))
  expect(chosen).not.toEqual([])
  const failures: { readonly name: string; readonly error: string }[] = []
  for (const { name, run } of chosen) {
    await run().catch((error: unknown) => failures.push({ name, error: String(error) }))
  }
  return failures
}
