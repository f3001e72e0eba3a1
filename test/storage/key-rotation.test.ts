import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createRedisAdapter, recommendedRedisOptions } from '../../adapters/redis.ts'
import {
  connect,
  consent,
  goToConsent,
  introspect,
  redeem,
  refresh,
  revoke,
  type Tokens,
} from '../support/flow.ts'
import { bakery } from '../support/people.ts'
import { startRedis, type RedisServer } from '../support/redis-server.ts'
import { startServer, type RunningServer } from '../support/server.ts'

// Storage keys are rotated as operations.md says: the new one comes second everywhere, then first. Every
// step is a restart with other keys on the same Redis and the same issuer.

const [oldKey, newKey] = [
  'the old storage key of the tests, 32',
  'the new storage key of the tests, 32',
]

let redis: RedisServer
let client: Redis
const running: RunningServer[] = []

beforeAll(async () => {
  redis = await startRedis()
  client = new Redis(redis.url, recommendedRedisOptions)
})
afterAll(async () => {
  await Promise.all(running.map((server) => server.close()))
  client.disconnect()
  await redis.stop()
})

async function startWith(...keys: readonly string[]): Promise<string> {
  const server = await startServer({ storage: createRedisAdapter({ client, keys }) })
  running.push(server)
  return server.issuer
}

const refreshed = async (at: string, token: string): Promise<Tokens> => {
  const { status, body } = await refresh(at, token)
  expect([status, body]).toEqual([200, body])
  return body as unknown as Tokens
}
const isActive = async (at: string, token: string): Promise<unknown> =>
  (await introspect(at, token))['active']

test('a connection is refreshed, read, repeated and revoked through the whole rotation', async () => {
  const before = await startWith(oldKey)
  const first = await connect(before)
  const lost = await refreshed(before, (await connect(before)).refresh_token)

  const between = await startWith(oldKey, newKey)
  const after = await startWith(newKey, oldKey)
  expect(await isActive(between, first.access_token)).toBe(true)
  expect(await isActive(after, first.access_token)).toBe(true)

  // To and fro, as while the processes are replaced one after the other.
  const second = await refreshed(after, first.refresh_token)
  expect(await isActive(between, second.access_token)).toBe(true)
  const third = await refreshed(between, second.refresh_token)
  const fourth = await refreshed(after, third.refresh_token)
  expect(await isActive(after, third.access_token)).toBe(false)
  expect(await isActive(between, fourth.access_token)).toBe(true)

  // What was granted before is ended by what comes after, and so is what was replayed.
  expect((await refresh(after, second.refresh_token)).status).toBe(400)
  expect(await isActive(between, fourth.access_token)).toBe(false)
  await revoke(after, lost.refresh_token)
  expect((await refresh(between, lost.refresh_token)).status).toBe(400)
})

test('an answer that was lost before a step of the rotation is given again after it', async () => {
  const [before, after] = [await startWith(oldKey), await startWith(newKey, oldKey)]
  const { refresh_token: first } = await connect(before)
  const answer = await refreshed(before, first)
  const again = await refreshed(after, first)
  expect([again.refresh_token, again.access_token]).toEqual([
    answer.refresh_token,
    answer.access_token,
  ])
  const next = await refreshed(after, answer.refresh_token)
  const nextAgain = await refreshed(await startWith(oldKey, newKey), answer.refresh_token)
  expect(nextAgain.refresh_token).toBe(next.refresh_token)
})

test('what is granted after the rotation needs the old key no more', async () => {
  const after = await startWith(newKey, oldKey)
  const { refresh_token } = await connect(after)
  const without = await startWith(newKey)
  const tokens = await refreshed(without, refresh_token)
  expect(await isActive(without, tokens.access_token)).toBe(true)
})

test('a code and an open page live through a step, and decide once', async () => {
  const [before, after] = [await startWith(oldKey, newKey), await startWith(newKey, oldKey)]
  const given = await consent(before)
  expect((await redeem(after, given)).status).toBe(200)
  expect((await redeem(before, given)).status).toBe(400)

  const open = await goToConsent(before)
  // The same browser, as if the server had stayed where it was.
  const page = await open.browser.go(open.page.url.href.replace(before, after))
  const decided = await open.browser.submit(page, { subject: bakery, decision: 'allow' })
  // The way on was stored when it began, with the address of that server.
  const finished = await open.browser.go(decided.location?.href ?? '')
  expect(finished.location?.searchParams.get('code')).toBeTruthy()
  const again = await open.browser.submit(open.page, { subject: bakery, decision: 'allow' })
  expect(again.status).toBeGreaterThan(399)
})

test('a process that was not given the new key first says that it cannot know, not that a token is bad', async () => {
  const [left, after] = [await startWith(oldKey), await startWith(newKey, oldKey)]
  const tokens = await refreshed(after, (await connect(left)).refresh_token)
  const { status, body } = await refresh(left, tokens.refresh_token)
  expect([status, body['error']]).toEqual([503, 'temporarily_unavailable'])
  expect(await isActive(after, tokens.access_token)).toBe(true)
})

test('connections from before the rotation are ended by client and subject', async () => {
  const before = await startWith(oldKey)
  const tokens = await connect(before)
  const after = await startWith(newKey, oldKey)
  const { connections } = running.at(-1) as RunningServer
  expect(await connections.revoke({ clientId: 'ledger', subject: bakery })).toBeGreaterThan(0)
  expect(await isActive(after, tokens.access_token)).toBe(false)
})
