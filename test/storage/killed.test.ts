import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createRedisAdapter, recommendedRedisOptions } from '../../adapters/redis.ts'
import type { Storage } from '../../lib/index.ts'
import { generationOf, grantIdOf } from '../../lib/grants/token-values.ts'
import { useRunning } from '../support/fixtures.ts'
import { connect, introspect, type Tokens } from '../support/flow.ts'
import { createRandom } from '../support/fuzzing.ts'
import { storageKeys } from '../support/redis-harness.ts'
import { useRedis } from '../support/redis-server.ts'
import { pause, sendRefresh, toJson } from '../support/requests.ts'
import { startServerProcess, type ServerProcess } from '../support/server-process.ts'

// A server that is killed in the middle of refreshes, and a partner that goes on with what it has.

const random = createRandom()
const rounds = 50
const connections = 20

let storage: Storage
let server: ServerProcess
const redis = useRedis()
const client = useRunning(() => new Redis(redis.url, recommendedRedisOptions))
beforeAll(async () => {
  storage = createRedisAdapter({ client, keys: storageKeys })
  server = await startServerProcess(redis.url)
})
afterAll(() => server.kill())

/** A partner's worker: it knows the refresh token of the last answer that reached it. */
interface Worker {
  refreshToken: string
  accessToken: string
}

async function refreshUntilKilled(worker: Worker): Promise<number> {
  for (let count = 0; ; count += 1) {
    const answer = await sendRefresh(server.issuer, worker.refreshToken).catch(() => undefined)
    if (!answer) return count
    expect([answer.status, answer.text.slice(0, 100)]).toEqual([200, expect.any(String)])
    keep(worker, toJson(answer) as unknown as Tokens)
  }
}

function keep(worker: Worker, tokens: Tokens): void {
  worker.refreshToken = tokens.refresh_token
  worker.accessToken = tokens.access_token
}

/** Whether the storage has a refresh whose answer the worker never got. */
async function isAhead({ refreshToken }: Worker): Promise<boolean> {
  const grant = await storage.grants.load(grantIdOf(refreshToken) ?? '')
  return (grant?.refreshToken?.generation ?? 0) > (generationOf(refreshToken) ?? 0)
}

test(`${rounds} times killed while ${connections} connections are refreshed, nobody is locked out`, async () => {
  const workers = await Promise.all(
    Array.from({ length: connections }, async (): Promise<Worker> => {
      const { refresh_token, access_token } = await connect(server.issuer)
      return { refreshToken: refresh_token, accessToken: access_token }
    }),
  )
  let refreshes = 0
  let lost = 0
  for (let round = 0; round < rounds; round += 1) {
    const working = workers.map((worker) => refreshUntilKilled(worker))
    await pause(20 + random() * 100)
    await server.kill()
    const counts = await Promise.all(working)
    refreshes += counts.reduce((sum, count) => sum + count, 0)
    server = await startServerProcess(redis.url)
    for (const worker of workers) {
      if (await isAhead(worker)) lost += 1
      const answer = await sendRefresh(server.issuer, worker.refreshToken)
      expect([answer.status, answer.text]).toEqual([200, expect.any(String)])
      keep(worker, toJson(answer) as unknown as Tokens)
    }
  }
  // It was in the middle of something when it was killed: answers were lost that had been stored.
  expect(refreshes).toBeGreaterThan(rounds)
  expect(lost).toBeGreaterThan(0)
  const active = await Promise.all(
    workers.map(({ accessToken }) => introspect(server.issuer, accessToken)),
  )
  expect(active.map((answer) => answer['active'])).toEqual(workers.map(() => true))
})
