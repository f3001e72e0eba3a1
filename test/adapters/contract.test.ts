import { Cluster, Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createMemoryAdapter } from '../../adapters/memory.ts'
import { recommendedRedisOptions } from '../../adapters/redis.ts'
import { adapterContract, type TestRunner } from '../../lib/testing/index.ts'
import { startCluster } from '../support/redis-cluster.ts'
import { createRedisHarnesses } from '../support/redis-harness.ts'
import { startRedis } from '../support/redis-server.ts'

describe('memory keeps the contract:', () => {
  const skipped: string[] = []
  const vitest: TestRunner = { describe, it }
  const runner: TestRunner = {
    describe,
    it: (name, test) => {
      const skip = (reason: string): void => void skipped.push(`${name}: ${reason}`)
      return vitest.it(name, () => test.call({ skip }))
    },
  }
  adapterContract(runner, () => {
    let now = Date.parse('2030-01-01T00:00:00Z')
    const storage = createMemoryAdapter({ now: () => now })
    return { storage, pass: (seconds) => void (now += seconds * 1000) }
  })

  it('and says what it cannot show: it ends with its process, and only one process has it', () => {
    expect(skipped).toEqual([
      'two processes have one storage: the harness has no other',
      'every count has an end: the harness has no dump',
      'nothing stays for ever, but for clients and signing keys: the harness has no dump',
      'no credential is kept as it is, and nothing about people: the harness has no dump',
      '10 000 refreshes leave no more behind than ten do: the harness has no dump',
    ])
  })
})

interface Running {
  connect(): Redis | Cluster
  stop(): Promise<void>
}

async function startOne(): Promise<Running> {
  const server = await startRedis()
  return {
    connect: () => new Redis(server.url, recommendedRedisOptions),
    stop: () => server.stop(),
  }
}

async function startThree(): Promise<Running> {
  const cluster = await startCluster()
  const redisOptions = recommendedRedisOptions
  return {
    connect: () => new Cluster([...cluster.addresses], { redisOptions }),
    stop: () => cluster.stop(),
  }
}

describe.each([
  { name: 'Redis', start: startOne },
  { name: 'a Cluster', start: startThree },
])('$name keeps the contract:', ({ start }) => {
  let running: Running
  let clients: readonly [Redis | Cluster, Redis | Cluster]
  beforeAll(async () => {
    running = await start()
    clients = [running.connect(), running.connect()]
  })
  afterAll(async () => {
    clients.forEach((client) => client.disconnect())
    await running.stop()
  })
  adapterContract(
    { describe, it },
    createRedisHarnesses(() => clients),
  )
})
