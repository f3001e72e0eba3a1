import { Redis } from 'ioredis'
import { urlOfInteraction } from '../support/browser.ts'
import { afterAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import {
  createRedisAdapter,
  MissingKeyError,
  recommendedRedisOptions,
} from '../../adapters/redis.ts'
import { useRunning } from '../support/fixtures.ts'
import {
  connect,
  consent,
  goToConsent,
  introspect,
  post,
  redeem,
  refresh,
  revoke,
  type Answer,
  type Tokens,
} from '../support/flow.ts'
import { startGateway } from '../support/gateway.ts'
import { bakery } from '../support/people.ts'
import { keysOf } from '../support/redis-dump.ts'
import { useRedis } from '../support/redis-server.ts'
import { pause } from '../support/requests.ts'
import { startServer, withoutOverlap, type RunningServer } from '../support/server.ts'

// Storage keys are rotated as operations.md says: the new one comes second everywhere, then first. Every
// step is a restart with other keys on the same Redis and the same issuer.

const [oldKey, newKey] = [
  'the old storage key of the tests, 32',
  'the new storage key of the tests, 32',
]

const running: RunningServer[] = []

const redis = useRedis()
const client = useRunning(() => new Redis(redis.url, recommendedRedisOptions))
afterAll(() => Promise.all(running.map((server) => server.close())))

beforeEach(async () => {
  await client.flushall()
})

const startWith = (...keys: readonly string[]): Promise<string> => startAs({}, keys)

async function startAs(
  options: { readonly issuer?: string },
  keys: readonly string[],
): Promise<string> {
  const server = await startServer({
    ...withoutOverlap,
    ...options,
    storage: createRedisAdapter({ client, keys }),
  })
  running.push(server)
  return server.issuer
}

const refreshed = async (at: string, token: string): Promise<Tokens> => {
  const { status, body } = await refresh(at, token)
  expect([status, body]).toEqual([200, body])
  return body as unknown as Tokens
}
const introspectAt = (at: string, token: string): Promise<Answer> =>
  post(`${at}/oauth/token/introspect`, {
    token,
    client_id: 'ledger',
    client_secret: 'ledger-secret-of-32-characters-at-least',
  })
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

test('a connection that was refreshed needs the old key no more, and is ended like any other', async () => {
  const tokens = await connect(await startWith(oldKey))
  const second = await refreshed(await startWith(newKey, oldKey), tokens.refresh_token)
  // What it moves, it moves when it has answered.
  await expect.poll(() => keysOf(client, 'pleo:grants-')).toHaveLength(2)
  await pause(50)
  const alone = await startWith(newKey)
  const { connections } = running.at(-1) as RunningServer
  const third = await refreshed(alone, second.refresh_token)
  expect(await isActive(alone, third.access_token)).toBe(true)
  const fourth = await refreshed(alone, third.refresh_token)
  const fifth = await refreshed(alone, fourth.refresh_token)
  expect((await refresh(alone, third.refresh_token)).status).toBe(400)
  expect(await isActive(alone, fifth.access_token)).toBe(false)

  const other = await refreshed(alone, (await connect(alone)).refresh_token)
  expect(await connections.revoke({ clientId: 'ledger', subject: bakery })).toBe(1)
  expect(await isActive(alone, other.access_token)).toBe(false)
})

test('a connection that was refreshed is ended by client and subject without the old key', async () => {
  const tokens = await connect(await startWith(oldKey))
  const second = await refreshed(await startWith(newKey, oldKey), tokens.refresh_token)
  await pause(100)
  const alone = await startWith(newKey)
  const { connections } = running.at(-1) as RunningServer
  expect(await connections.list({ subject: bakery })).toHaveLength(1)
  expect(await connections.revoke({ clientId: 'ledger', subject: bakery })).toBe(1)
  await client.del('pleo:storage-keys')
  expect(await isActive(alone, second.access_token)).toBe(false)
})

test('what is granted after the rotation needs the old key no more', async () => {
  const after = await startWith(newKey, oldKey)
  const { refresh_token } = await connect(after)
  const without = await startWith(newKey)
  const tokens = await refreshed(without, refresh_token)
  expect(await isActive(without, tokens.access_token)).toBe(true)
})

test('a code and an open page live through a step, and decide once', async () => {
  const gateway = await startGateway()
  onTestFinished(() => gateway.close())
  const { origin: issuer } = gateway
  const before = await startAs({ issuer }, [oldKey, newKey])
  const after = await startAs({ issuer }, [newKey, oldKey])
  gateway.sendTo(before)
  const given = await consent(issuer)
  expect((await redeem(after, given)).status).toBe(200)
  expect((await redeem(before, given)).status).toBe(400)

  const open = await goToConsent(issuer)
  gateway.sendTo(after)
  const page = await open.browser.go(urlOfInteraction(open.page).href)
  const decided = await open.browser.submit(page, { subject: bakery, decision: 'allow' })
  expect(decided.location?.searchParams.get('code')).toBeTruthy()
  gateway.sendTo(before)
  const again = await open.browser.submit(open.page, { subject: bakery, decision: 'allow' })
  expect(again.location).toBeUndefined()
  expect(again.text).toContain('You allowed')
})

test('refreshes at the same time on processes before and after the last step all get the same', async () => {
  const [one, other] = [await startWith(oldKey, newKey), await startWith(newKey, oldKey)]
  for (let round = 0; round < 20; round += 1) {
    const { refresh_token: first } = await connect(round % 2 ? one : other)
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) => refreshed(n % 2 ? one : other, first)),
    )
    const pairs = answers.map((answer) => `${answer.refresh_token} ${answer.access_token}`)
    expect(new Set(pairs).size).toBe(1)
  }
})

test('a proof counts once on both', async () => {
  const [one, other] = [
    createRedisAdapter({ client, keys: [oldKey, newKey] }).records('ReplayDetection'),
    createRedisAdapter({ client, keys: [newKey, oldKey] }).records('ReplayDetection'),
  ]
  for (let round = 0; round < 100; round += 1) {
    const id = `proof ${round}`
    const both = await Promise.all([one.insert(id, {}, 60), other.insert(id, {}, 60)])
    expect(both.filter(Boolean).length).toBeLessThan(2)
  }
})

test('a registered client outlives its old key once it was stored again', async () => {
  const id = { client_id: 'stored' }
  await createRedisAdapter({ client, keys: [oldKey] })
    .records('Client')
    .upsert('stored', id)
  const both = createRedisAdapter({ client, keys: [newKey, oldKey] }).records('Client')
  expect(await both.find('stored')).toEqual(id)
  await both.upsert('stored', { ...id, client_name: 'again' })
  // Redis remembers for longer that there was an old key.
  await client.del('pleo:storage-keys')
  const alone = createRedisAdapter({ client, keys: [newKey] }).records('Client')
  expect(await alone.find('stored')).toEqual({ ...id, client_name: 'again' })
  await alone.destroy('stored')
  await client.del('pleo:storage-keys')
  const old = createRedisAdapter({ client, keys: [oldKey] }).records('Client')
  expect(await old.find('stored')).toBeUndefined()
})

test('clients that are changed by processes before and after a step lose no change', async () => {
  const records = (...keys: readonly string[]) =>
    createRedisAdapter({ client, keys: [...keys] }).records('Client')
  await records(oldKey).insert('moving', { done: [], version: 'first' })
  const sides = [records(oldKey, newKey), records(newKey, oldKey)]
  const doneIn = async (index: number) => {
    const { done, version } = (await sides[index % 2]?.find('moving')) ?? {}
    return { done: done as readonly number[], version }
  }
  const add = async (index: number): Promise<void> => {
    for (let isDone = false, turn = 0; !isDone; turn += 1) {
      const { done, version } = await doneIn(index)
      const next = { done: [...new Set([...done, index])], version: `${index}.${turn}` }
      isDone = (await sides[index % 2]?.swap('moving', next, version)) ?? false
    }
  }
  const all = Array.from({ length: 30 }, (_, index) => index)
  await Promise.all(all.map((index) => add(index)))
  await add(31)
  await client.del('pleo:storage-keys')
  const { done } = (await records(newKey).find('moving')) ?? {}
  expect(new Set(done as readonly number[])).toEqual(new Set([...all, 31]))
  expect(await records(newKey).ids()).toContain('moving')
})

describe('a process that was not given the new key first', () => {
  const expectUnknown = async (answer: Promise<{ status: number; body: object }>): Promise<void> =>
    expect(await answer).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } })

  test('says of nothing that it is not there, and revokes nothing without doing it', async () => {
    const left = await startWith(oldKey)
    const before = await connect(left)
    const after = await startWith(newKey, oldKey)
    const tokens = await connect(after)
    await pause(1100)
    await expectUnknown(refresh(left, tokens.refresh_token))
    await expectUnknown(introspectAt(left, tokens.access_token))
    await expectUnknown(revoke(left, tokens.refresh_token))
    expect(await isActive(after, tokens.access_token)).toBe(true)
    // What it can know, it knows.
    expect(await isActive(left, before.access_token)).toBe(true)
  })

  test('says so when it is asked, and when it cannot know', async () => {
    await connect(await startWith(newKey, oldKey))
    await startWith(oldKey)
    const alone = createRedisAdapter({ client, keys: [oldKey] })
    await expect(alone.records('Session').find('any')).rejects.toThrow(MissingKeyError)
    const server = running.at(-1) as RunningServer
    await expect(server.check()).rejects.toThrow(
      /stored under keys that are not among those given: \w+\. Give the earlier keys as well/,
    )
  })

  test('can be told that the other key is gone for good', async () => {
    await connect(await startWith(newKey))
    await client.del('pleo:storage-keys')
    const alone = createRedisAdapter({ client, keys: [oldKey] })
    expect(await alone.records('Session').find('any')).toBeUndefined()
  })
})

test('connections from before the rotation are ended by client and subject', async () => {
  const before = await startWith(oldKey)
  const tokens = await connect(before)
  const after = await startWith(newKey, oldKey)
  const { connections } = running.at(-1) as RunningServer
  expect(await connections.revoke({ clientId: 'ledger', subject: bakery })).toBeGreaterThan(0)
  expect(await isActive(after, tokens.access_token)).toBe(false)
})
