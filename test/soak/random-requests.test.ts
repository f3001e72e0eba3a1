import { Redis } from 'ioredis'
import { beforeAll, expect, test } from 'vitest'
import { createRedisAdapter, recommendedRedisOptions } from '../../adapters/redis.ts'
import { connect, consent, refresh, type Tokens } from '../support/flow.ts'
import { useRunning } from '../support/fixtures.ts'
import { seeds } from '../support/fuzzing.ts'
import { heapUsed } from '../support/heap.ts'
import { createRequests, problemOf } from '../support/random-requests.ts'
import { storageKeys } from '../support/redis-harness.ts'
import { useRedis } from '../support/redis-server.ts'
import { areActive, send } from '../support/requests.ts'
import { searchLogs } from '../support/searched-logs.ts'
import { useServer } from '../support/server.ts'

const count = 20_000
const atOnce = 20
/** The first requests fill caches. */
const warm = 5000
/** An answer that takes so long, in milliseconds, is a hang also on a busy machine. */
const longest = 20_000
/** Bytes of the process, for all requests after the first. */
const mostHeap = 10 * 2 ** 20
/** Keys in Redis, and bytes for each. */
const mostKeys = 4000
const mostOfKey = 2500

const redis = useRedis()
const client = useRunning(() => new Redis(redis.url, recommendedRedisOptions))
const server = useServer(() => ({
  storage: createRedisAdapter({ client, keys: storageKeys }),
  // All come from one address, and should be looked at.
  limits: false,
}))
const failures: unknown[] = []
let tokens: Tokens
let seen: readonly string[]
beforeAll(async () => {
  server.provider.on('server_error', (_ctx, error) => failures.push(error))
  tokens = await connect(server.issuer)
  seen = [(await consent(server.issuer)).code, tokens.access_token.slice(1), 'ledger', 'S256']
})

function heapWithoutLogs(): number {
  // The tests keep what the server told.
  searchLogs()
  return heapUsed()
}

const memoryOfRedis = async (): Promise<number> =>
  Number(/used_memory_dataset:(\d+)/.exec(await client.info('memory'))?.[1])

test(`${count} random requests never fail inside, never hang, and leave little behind`, async () => {
  const [seed = 1] = seeds(1)
  const next = createRequests(server, seen, seed)
  const problems: unknown[] = []
  let slowest = 0
  const sendSome = async (times: number): Promise<void> => {
    for (let sent = 0; sent < times; sent += 1) {
      const { url, init } = next()
      const start = performance.now()
      const answer = await send(url, init)
      slowest = Math.max(slowest, performance.now() - start)
      const problem = problemOf(answer, init.method)
      if (problem) problems.push({ problem, url, init })
    }
  }
  const sendAll = (times: number): Promise<unknown> =>
    Promise.all(Array.from({ length: atOnce }, () => sendSome(times / atOnce)))

  await sendAll(warm)
  const before = heapWithoutLogs()
  await sendAll(count - warm)
  const grown = heapWithoutLogs() - before
  const keys = await client.dbsize()
  const stored = await memoryOfRedis()

  expect(problems.slice(0, 3)).toEqual([])
  expect(failures).toEqual([])
  expect(slowest).toBeLessThan(longest)
  expect(grown).toBeLessThan(mostHeap)
  expect(keys).toBeLessThan(mostKeys)
  expect(stored).toBeLessThan(mostKeys * mostOfKey)
  expect(await areActive(server.issuer, [tokens.access_token])).toEqual([true])
  expect((await refresh(server.issuer, tokens.refresh_token)).status).toBe(200)
  const figures = { slowest: Math.round(slowest), grown, keys, stored }
  process.stdout.write(`random requests: ${JSON.stringify(figures)}\n`)
})
