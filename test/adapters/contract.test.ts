import { Cluster, Redis } from 'ioredis'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { createMemoryAdapter } from '../../adapters/memory.ts'
import { recommendedRedisOptions } from '../../adapters/redis.ts'
import { adapterContract } from '../../lib/testing/index.ts'
import { startCluster } from '../support/redis-cluster.ts'
import { createRedisHarnesses } from '../support/redis-harness.ts'
import { startRedis } from '../support/redis-server.ts'

describe('memory keeps the contract:', () => {
  adapterContract({ describe, it }, () => {
    let now = Date.parse('2030-01-01T00:00:00Z')
    const storage = createMemoryAdapter({ now: () => now })
    return { storage, pass: (seconds) => void (now += seconds * 1000) }
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
