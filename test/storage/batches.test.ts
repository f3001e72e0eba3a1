import type { Writable } from 'node:stream'
import { Cluster, Command, Redis } from 'ioredis'
import { afterEach, describe, expect, test, vi } from 'vitest'
import {
  createRedisAdapter,
  recommendedRedisOptions,
  RedisTimeoutError,
  type RedisClient,
} from '../../adapters/redis.ts'
import type { Storage } from '../../lib/index.ts'
import { endAfterTest, useRunning } from '../support/fixtures.ts'
import { startCluster } from '../support/redis-cluster.ts'
import { storageKeys } from '../support/redis-harness.ts'
import { useRedis } from '../support/redis-server.ts'

// The commands of one turn of the event loop are sent together.

const timeout = 300
const ids = Array.from({ length: 20 }, (_, index) => `session-${index}`)

const redis = useRedis()
const cluster = useRunning(() => startCluster({ mustBeWhole: false }))

afterEach(() => void vi.restoreAllMocks())

const adapterOf = (client: RedisClient): Storage =>
  createRedisAdapter({ client: endAfterTest(client), keys: storageKeys, timeout })

/** Records of each id, in a storage that knows the clock of its Redis, and whose Redis knows the scripts. */
async function prepare(client: RedisClient): Promise<ReturnType<Storage['records']>> {
  client.on('error', () => undefined)
  const sessions = adapterOf(client).records('Session')
  for (const id of ids) {
    await sessions.upsert(id, { id }, 60)
    await sessions.find(id)
  }
  return sessions
}

const connectOne = (): Redis => new Redis(redis.port, redis.host, recommendedRedisOptions)

const connectCluster = (): Cluster =>
  new Cluster([...cluster.addresses], { redisOptions: recommendedRedisOptions })

/** The connections of a client that have keys. */
const nodesOf = (client: RedisClient): readonly Redis[] =>
  client instanceof Cluster ? client.nodes('master') : [client]

/** Calls each in a task of its own of the same turn. */
const inOneTurn = <T>(acts: readonly (() => Promise<T>)[]): Promise<readonly T[]> =>
  Promise.all(
    acts.map(
      (act) =>
        new Promise<T>((resolve, reject) => {
          setImmediate(() => void act().then(resolve, reject))
        }),
    ),
  )

test('scripts need no timer of ioredis, and other commands of the client keep theirs', async () => {
  const client = connectOne()
  const sessions = await prepare(client)
  const setTimer = vi.spyOn(Command.prototype, 'setTimeout')
  await inOneTurn(ids.map((id) => () => sessions.find(id)))
  expect(setTimer).not.toHaveBeenCalled()
  await client.ping()
  expect(setTimer).toHaveBeenCalledExactlyOnceWith(recommendedRedisOptions.commandTimeout)
})

function keepBusy(milliseconds: number): void {
  const end = performance.now() + milliseconds
  while (performance.now() < end);
}

describe.each([
  { where: 'one server', connect: connectOne },
  {
    where: 'a Cluster',
    connect: connectCluster,
  },
])('on $where', ({ connect }) => {
  test('one write to each socket has the commands of different tasks', async () => {
    const client = connect()
    const sessions = await prepare(client)
    const writes = nodesOf(client).map(({ stream }) => [
      vi.spyOn<Writable, '_write'>(stream, '_write'),
      vi.spyOn<Required<Writable>, '_writev'>(stream as Required<Writable>, '_writev'),
    ])
    const found = await inOneTurn(ids.map((id) => () => sessions.find(id)))
    expect(found).toEqual(ids.map((id) => ({ id })))
    const counts = writes.map((spies) =>
      spies.reduce((sum, { mock }) => sum + mock.calls.length, 0),
    )
    expect(counts).toEqual(writes.map(() => 1))
  })

  test('they are done in the order in which they were asked for', async () => {
    const sessions = await prepare(connect())
    const [first = ''] = ids
    // More than are sent together.
    const versions = Array.from({ length: 200 }, (_, index) => ({ version: String(index) }))
    const written = versions.map((version) => sessions.upsert(first, version, 60))
    const found = sessions.find(first)
    await Promise.all(written)
    expect(await found).toEqual(versions.at(-1))
  })

  test('a process that is busy after it asks is not late', async () => {
    const sessions = await prepare(connect())
    // Before anything else, once all have asked.
    setImmediate(() => keepBusy(timeout * 2))
    const answers = Promise.all(ids.map((id) => sessions.consume(id)))
    expect(await answers).toEqual(ids.map(() => true))
  })

  test('all are answered if every script is forgotten', async () => {
    const client = connect()
    const sessions = await prepare(client)
    await Promise.all(nodesOf(client).map((node) => node.script('FLUSH')))
    expect(await inOneTurn(ids.map((id) => () => sessions.destroy(id)))).toEqual(
      ids.map(() => true),
    )
  })

  test('none waits for ever if the client closes in the same turn', async () => {
    const client = connect()
    const sessions = await prepare(client)
    const answers = Promise.allSettled(ids.map((id) => sessions.find(id)))
    client.disconnect()
    expect((await answers).map(({ status }) => status)).toEqual(ids.map(() => 'rejected'))
  })

  test('one timer bounds the wait, and ends with the last answer', async () => {
    const sessions = await prepare(connect())
    const set = vi.spyOn(globalThis, 'setTimeout')
    const clear = vi.spyOn(globalThis, 'clearTimeout')
    await inOneTurn(ids.map((id) => () => sessions.find(id)))
    const timers = set.mock.results.filter((_, index) => set.mock.calls[index]?.[1] === timeout)
    expect(timers).toHaveLength(1)
    expect(clear.mock.calls.flat()).toContain(timers[0]?.value)
  })
})

test('no timer is left if the client refuses at once', async () => {
  const client = connectOne()
  const sessions = await prepare(client)
  vi.spyOn(client, 'callBuffer').mockImplementation(() => {
    throw new Error('refused at once')
  })
  const set = vi.spyOn(globalThis, 'setTimeout')
  const clear = vi.spyOn(globalThis, 'clearTimeout')
  const answers = await Promise.allSettled(ids.map((id) => sessions.find(id)))
  expect(answers.map(({ status }) => status)).toEqual(ids.map(() => 'rejected'))
  const timers = set.mock.results.filter((_, index) => set.mock.calls[index]?.[1] === timeout)
  expect(timers).toHaveLength(1)
  expect(clear.mock.calls.flat()).toContain(timers[0]?.value)
})

test('if one server of a Cluster hangs, only what is asked of it is given up', async () => {
  const sessions = await prepare(connectCluster())
  const [hung] = cluster.nodes
  hung?.pause()
  const answers = await Promise.allSettled(ids.map((id) => sessions.find(id)))
  hung?.resume()
  const refused = answers.filter((answer) => answer.status === 'rejected')
  expect(refused.length).toBeGreaterThan(0)
  expect(refused.length).toBeLessThan(ids.length)
  for (const { reason } of refused) expect(reason).toBeInstanceOf(RedisTimeoutError)
})

test('all are answered if the connection breaks in the same turn', async () => {
  const client = connectOne()
  const sessions = await prepare(client)
  const answers = Promise.all(ids.map((id) => sessions.destroy(id)))
  client.disconnect(true)
  expect(await answers).toEqual(ids.map(() => true))
})
