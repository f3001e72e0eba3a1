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

describe('Redis keeps the contract:', () => {
  let clients: readonly [Redis, Redis]
  let stop: () => Promise<void>
  beforeAll(async () => {
    const server = await startRedis()
    const connect = (): Redis => new Redis(server.url, recommendedRedisOptions)
    clients = [connect(), connect()]
    stop = () => server.stop()
  })
  afterAll(async () => {
    clients.forEach((client) => client.disconnect())
    await stop()
  })
  adapterContract(
    { describe, it },
    createRedisHarnesses(() => clients),
  )
})

describe('a Cluster keeps the contract:', () => {
  let clients: readonly [Cluster, Cluster]
  let stop: () => Promise<void>
  beforeAll(async () => {
    const cluster = await startCluster()
    const connect = (): Cluster =>
      new Cluster([...cluster.addresses], { redisOptions: recommendedRedisOptions })
    clients = [connect(), connect()]
    stop = () => cluster.stop()
  })
  afterAll(async () => {
    clients.forEach((client) => client.disconnect())
    await stop()
  })
  adapterContract(
    { describe, it },
    createRedisHarnesses(() => clients),
  )
})
