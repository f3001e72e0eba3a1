import { expect, test } from 'vitest'
import type { ClientMetadata } from '../../lib/index.ts'
import { useRunning } from '../support/fixtures.ts'
import {
  connect,
  consent,
  redeem,
  refresh,
  type Answer,
  type Consented,
  type Tokens,
} from '../support/flow.ts'
import { createRandom } from '../support/fuzzing.ts'
import { longestAnswer, startOutageServer, startWaiting } from '../support/outage.ts'
import { useRedis, waitUntil } from '../support/redis-server.ts'
import { areActive, pause } from '../support/requests.ts'
import { confidential, publicClient, resourceServer } from '../support/server.ts'

// A fault in the middle of many requests, again and again: everybody goes on with what they have.

const random = createRandom()
const rounds = 20
const workersOfEach = 20

const redis = useRedis({ appendOnly: true })
const server = useRunning(() => startOutageServer(redis.port))

/** A partner's worker: it has the tokens of the last answer that reached it. */
interface Worker {
  readonly client: ClientMetadata
  tokens: Tokens
}

/** Sends it until it is answered, as clients do that are told to try again. */
async function untilAnswered(send: () => Promise<Answer>): Promise<readonly [Tokens, number]> {
  for (let tries = 1; tries < 100; tries += 1) {
    const waited = startWaiting()
    const { status, body } = await send()
    expect(waited()).toBeLessThan(longestAnswer)
    if (status === 200) return [body as unknown as Tokens, tries]
    expect([status, body]).toEqual([
      503,
      expect.objectContaining({ error: 'temporarily_unavailable' }),
    ])
    await pause(100)
  }
  throw new Error('never answered')
}

/** Repeats it until it is made, as people do who are told to try again. */
const untilMade = <T>(make: () => Promise<T>): Promise<T> =>
  waitUntil('the server answers a person', make)

const makeAll = <T>(count: number, make: () => Promise<T>): Promise<readonly T[]> =>
  Promise.all(Array.from({ length: count }, () => untilMade(make)))

const startWorkers = (client: ClientMetadata): Promise<readonly Worker[]> =>
  makeAll(workersOfEach, async () => ({ client, tokens: await connect(server.issuer, { client }) }))

/** Refreshes until it is over. Answers how often it was told to try again. */
async function work(worker: Worker, over: AbortSignal): Promise<number> {
  let repeated = 0
  while (!over.aborted) {
    const { tokens, client } = worker
    const [next, tries] = await untilAnswered(() =>
      refresh(server.issuer, tokens.refresh_token, client),
    )
    worker.tokens = next
    repeated += tries - 1
  }
  return repeated
}

/** Redeems a code at about the moment of the fault. */
async function redeemSoon(agreed: Consented): Promise<Worker> {
  await pause(random() * 100)
  const [tokens] = await untilAnswered(() => redeem(server.issuer, agreed))
  return { client: confidential, tokens }
}

/** Has everybody refresh, and codes be redeemed, while the fault comes and goes. */
async function expectAllToGoOn(fault: () => Promise<void>): Promise<void> {
  const workers = [...(await startWorkers(confidential)), ...(await startWorkers(publicClient))]
  const all = [...workers]
  let repeated = 0
  for (let round = 0; round < rounds; round += 1) {
    const codes = await makeAll(10, () => consent(server.issuer))
    const over = new AbortController()
    const happening = (async () => {
      await pause(50)
      await fault()
      over.abort()
    })()
    const [counts, connected] = await Promise.all([
      Promise.all(workers.map((worker) => work(worker, over.signal))),
      Promise.all(codes.map(redeemSoon)),
      happening,
    ])
    repeated += counts.reduce((sum, count) => sum + count, 0)
    all.push(...connected)
  }
  expect(repeated).toBeGreaterThan(rounds)
  const active = await Promise.all(
    all.map(({ tokens }) => areActive(server.issuer, [tokens.access_token], resourceServer)),
  )
  expect(active.flat()).toEqual(all.map(() => true))
}

test(`${rounds} times hung in the middle of requests, everybody goes on`, () =>
  expectAllToGoOn(async () => {
    redis.pause()
    await pause(1000)
    redis.resume()
  }))

test(`${rounds} times killed in the middle of requests, everybody goes on`, () =>
  expectAllToGoOn(async () => {
    await redis.kill()
    await pause(200)
    await redis.restart()
  }))

test('of fifty repeats at once after a hang, all get the same tokens', async () => {
  const { refresh_token } = await untilMade(() => connect(server.issuer))
  const fifty = <T>(ask: () => Promise<T>): Promise<T[]> =>
    Promise.all(Array.from({ length: 50 }, ask))
  redis.pause()
  const first = await fifty(() => refresh(server.issuer, refresh_token))
  expect(new Set(first.map(({ status }) => status))).toEqual(new Set([503]))
  redis.resume()
  const answers = await fifty(() => untilAnswered(() => refresh(server.issuer, refresh_token)))
  expect(new Set(answers.map(([tokens]) => tokens.refresh_token)).size).toBe(1)
  expect(new Set(answers.map(([tokens]) => tokens.access_token)).size).toBe(1)
})
