import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { storeClients } from '../support/every-request.ts'
import { useRunning } from '../support/fixtures.ts'
import { introspect } from '../support/flow.ts'
import { startFaultyProxy, type FaultyProxy } from '../support/faulty-proxy.ts'
import {
  flawsOf,
  prepareEveryRequest,
  retry,
  startOutageServer,
  timed,
  type OutageServer,
  type Prepared,
  type Timed,
} from '../support/outage.ts'
import { startRedis, useRedis, withClient, type RedisServer } from '../support/redis-server.ts'
import { pause } from '../support/requests.ts'

// Every fault of a Redis, and every request there is: what is answered meanwhile, and what afterwards.

interface World {
  readonly redis: RedisServer
  readonly proxy: FaultyProxy
  readonly server: OutageServer
}

interface Fault {
  readonly name: string
  readonly isBehindProxy?: boolean
  readonly begin: (world: World) => Promise<unknown>
  readonly end: (world: World) => Promise<unknown>
}

const replicaOf = (redis: RedisServer, host: string, port: number | string): Promise<unknown> =>
  withClient(redis, (client) => client.call('REPLICAOF', host, port))

const faults: readonly Fault[] = [
  {
    name: 'absent at the start',
    async begin({ redis, server }) {
      await redis.kill()
      await server.replace()
    },
    end: ({ redis }) => redis.restart(),
  },
  { name: 'killed', begin: ({ redis }) => redis.kill(), end: ({ redis }) => redis.restart() },
  {
    name: 'hung',
    begin: async ({ redis }) => redis.pause(),
    end: async ({ redis }) => redis.resume(),
  },
  {
    name: 'cut off by the network',
    isBehindProxy: true,
    begin: async ({ proxy }) => proxy.silentBefore(0),
    end: async ({ proxy }) => proxy.passAll(),
  },
  {
    name: 'demoted',
    begin: ({ redis }) => replicaOf(redis, '127.0.0.1', 1),
    end: ({ redis }) => replicaOf(redis, 'NO', 'ONE'),
  },
]

describe.each(faults)('while Redis is $name', ({ begin, end, isBehindProxy }) => {
  let world: World
  let port: number
  let questions: readonly Prepared[]

  beforeAll(async () => {
    const redis = await startRedis({ appendOnly: true })
    const proxy = await startFaultyProxy(redis)
    port = isBehindProxy ? proxy.port : redis.port
    const server = await startOutageServer(port)
    world = { redis, proxy, server }
    await storeClients(server.storage)
    questions = await prepareEveryRequest(server.issuer)
  })
  afterAll(async () => {
    await world.server.stop()
    await world.proxy.stop()
    await world.redis.stop()
  })

  /** Sends each request at the same time. */
  const askAll = (): Promise<readonly Timed[]> =>
    Promise.all(questions.map((question) => timed(question)))

  test('each request is answered within 2 s: unavailable, try again', async () => {
    await begin(world)
    const answers = await askAll()
    expect(answers.flatMap((answer) => flawsOf(answer, port))).toEqual([])
  })

  test('so it is as long as it lasts, and the cause of each is reported', async () => {
    // Long enough for the client to give up its connection.
    await pause(2200)
    world.server.takeErrors()
    const answers = await askAll()
    expect(answers.flatMap((answer) => flawsOf(answer, port))).toEqual([])
    const causes = world.server.takeErrors().map(({ cause }) => cause)
    expect(causes).toEqual(questions.map(() => expect.any(Error)))
  })

  test('and once it is not, each is answered with what it had', async () => {
    await end(world)
    const wrong = await Promise.all(questions.map((question) => retry(question)))
    expect(wrong.flat()).toEqual([])
  })
})

test.each([
  { who: 'a process that was there before', isNew: false },
  { who: 'a process that starts', isNew: true },
])('while Redis is demoted, $who does not ask again and again', async ({ isNew }) => {
  const redis = await startRedis()
  const server = await startOutageServer(redis.port)
  const connections = async (): Promise<number> => {
    const info = await withClient(redis, (client) => client.info('stats'))
    return Number(/total_connections_received:(\d+)/.exec(info)?.[1])
  }
  await server.storage.check?.()
  await replicaOf(redis, '127.0.0.1', 1)
  if (isNew) await server.replace()
  const refused = await Promise.all(
    Array.from({ length: 50 }, () => introspect(server.issuer, 'a'.repeat(65))),
  )
  expect(new Set(refused.map(({ error }) => error))).toEqual(new Set(['temporarily_unavailable']))
  await pause(1000)
  const before = await connections()
  await pause(1000)
  // This one, and one that was on its way.
  expect((await connections()) - before).toBeLessThan(3)
  await server.stop()
  await redis.stop()
})

describe('while Redis is out of memory', () => {
  let questions: readonly Prepared[]

  const limitMemory = (bytes: number): Promise<unknown> =>
    withClient(redis, (client) => client.config('SET', 'maxmemory', bytes))

  const redis = useRedis()
  const server = useRunning(() => startOutageServer(redis.port))
  beforeAll(async () => {
    await storeClients(server.storage)
    questions = await prepareEveryRequest(server.issuer)
    await limitMemory(1)
  })

  test('each request that needs none is answered', async () => {
    const reading = questions.filter(({ kind }) => !kind.stores)
    const answers = await Promise.all(reading.map((question) => timed(question)))
    const unanswered = answers.filter(({ question, reply }) => !question.isAnswer(reply))
    expect(unanswered.map(({ question, reply }) => [question.kind.name, reply.text])).toEqual([])
    expect(reading.map(({ kind }) => kind.name)).toContain('a revocation (ledger)')
  })

  test('each other one is answered within 2 s: unavailable, try again', async () => {
    const storing = questions.filter(({ kind }) => kind.stores)
    const answers = await Promise.all(storing.map((question) => timed(question)))
    expect(answers.flatMap((answer) => flawsOf(answer, redis.port))).toEqual([])
    expect(storing.map(({ kind }) => kind.name)).toContain('a refresh (mobile)')
  })

  test('and once it has memory, each is answered with what it had', async () => {
    await limitMemory(0)
    const wrong = await Promise.all(questions.map((question) => retry(question)))
    expect(wrong.flat()).toEqual([])
  })
})
