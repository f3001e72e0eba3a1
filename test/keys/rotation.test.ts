import { Redis } from 'ioredis'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createRedisAdapter, recommendedRedisOptions } from '../../adapters/redis.ts'
import { SigningKeyError, type Storage } from '../../lib/index.ts'
import { createStandalone } from '../../lib/administration.ts'
import { storageKeys } from '../support/redis-harness.ts'
import { startRedis, waitUntil, type RedisServer } from '../support/redis-server.ts'
import { pause } from '../support/requests.ts'
import { startServer, type RunningServer } from '../support/server.ts'
import {
  addMachine,
  headerOf,
  publishedBy,
  signing,
  startTraffic,
  tokenFrom,
} from '../support/signed-tokens.ts'

// Three servers on one Redis, each with a connection of its own; APIs that keep keys for as long as they may.

let redis: RedisServer
let clients: Redis[]
let servers: RunningServer[]
beforeEach(async () => {
  redis = await startRedis({ appendOnly: true })
  clients = []
  servers = []
  await addMachine(openStorage())
  await Promise.all([start(), start(), start()])
})
afterEach(async () => {
  await Promise.all(servers.map((server) => server.close()))
  for (const client of clients) client.disconnect()
  await redis.stop()
})

function openStorage(): Storage {
  const client = new Redis(redis.url, recommendedRedisOptions)
  client.on('error', () => undefined)
  clients.push(client)
  return createRedisAdapter({ client, keys: storageKeys })
}

async function start(): Promise<RunningServer> {
  const server = await startServer({ ...signing, storage: openStorage() })
  servers.push(server)
  return server
}

const origins = (): readonly string[] => servers.map(({ issuer }) => issuer)
const publishedByAll = (): Promise<readonly (readonly string[])[]> =>
  Promise.all(origins().map((origin) => publishedBy(origin)))
const [first, other] = [
  (): RunningServer => servers[0] as RunningServer,
  (): RunningServer => servers[1] as RunningServer,
]

/** The keys that all servers have, when they all have the same. */
async function agreed(count: number): Promise<readonly string[]> {
  let sets: readonly (readonly string[])[] = []
  await waitUntil(`all publish ${count}`, async () => {
    sets = await publishedByAll()
    return sets.every((set) => set.length === count && set.join() === sets[0]?.join())
  })
  return sets[0] ?? []
}

test('three servers that start at once on an empty storage have one key', async () => {
  const tokens = await Promise.all(
    [...origins(), ...origins(), ...origins()].map((origin) => tokenFrom(origin)),
  )
  const kids = new Set(tokens.map((token) => headerOf(token ?? '').kid))
  expect(kids.size).toBe(1)
  expect(await publishedByAll()).toEqual([[...kids], [...kids], [...kids]])
  expect(await first().signingKeys.list()).toMatchObject([
    { kid: [...kids][0], algorithm: 'ES256', state: 'in use', retiredAt: undefined },
  ])
})

test('announced, used, retired: no verification fails, also of a server that starts in the middle', async () => {
  const [old = ''] = await agreed(1)
  const traffic = startTraffic(origins)
  const [retiring, announced] = await first().signingKeys.rotate()
  const next = announced?.kid ?? ''
  expect([retiring?.state, retiring?.kid, announced?.state]).toEqual(['in use', old, 'announced'])
  expect(await agreed(2)).toEqual([old, next])
  expect(traffic.kids).toEqual([old])

  await start()
  expect(await agreed(2)).toEqual([old, next])
  await waitUntil('the new key is used', async () => traffic.kids.length > 1)
  expect(traffic.kids).toEqual([old, next])
  await waitUntil('all use it', async () => (await agreed(2))[0] === next)
  expect((await other().signingKeys.list()).map(({ state }) => state)).toEqual([
    'retiring',
    'in use',
  ])

  expect(await agreed(1)).toEqual([next])
  await pause(1500)
  const { tokens, verifications } = await traffic.stop()
  expect([tokens > 30, verifications > 300]).toEqual([true, true])
  expect(traffic.kids).toEqual([old, next])
  // Not in the storage either.
  const record = await openStorage().records('SigningKeys').find('current')
  expect(JSON.stringify(record)).not.toContain(old)
})

test('of two who rotate at once one does, and the other one is told', async () => {
  await agreed(1)
  const results = await Promise.allSettled(
    [...servers, ...servers].map(({ signingKeys }) => signingKeys.rotate()),
  )
  const failed = results.filter((result) => result.status === 'rejected')
  expect(failed).toHaveLength(servers.length * 2 - 1)
  for (const { reason } of failed) {
    expect(reason).toBeInstanceOf(SigningKeyError)
    expect(reason).toMatchObject({ code: 'rotation_under_way' })
  }
  expect(await agreed(2)).toHaveLength(2)
})

test('a storage that is away while keys are rotated: what was announced is used, and no verification fails', async () => {
  const [old] = await agreed(1)
  const traffic = startTraffic(origins)
  await first().signingKeys.rotate()
  const [, next] = await agreed(2)
  await redis.kill()
  // Longer than until the key is to be used.
  await pause(4500)
  const away = await publishedByAll()
  for (const set of away) expect(new Set(set)).toEqual(new Set([old, next]))
  await redis.restart()
  await waitUntil('tokens are signed with it', async () => traffic.kids.length === 2)
  expect(await agreed(1)).toEqual([next])
  await traffic.stop()
  expect(traffic.kids).toEqual([old, next])
})

test('a storage that was emptied gets back the keys that the servers know', async () => {
  const [key] = await agreed(1)
  await openStorage().records('SigningKeys').destroy('current')
  await pause(1200)
  expect(await agreed(1)).toEqual([key])
  expect(await first().signingKeys.list()).toMatchObject([{ kid: key }])
})

test('a leaked key is gone at once, also in the middle of a rotation, and the next one goes the usual way', async () => {
  const [leaked] = await agreed(1)
  await first().signingKeys.rotate()
  const [, announced] = await agreed(2)
  const [key, ...none] = await first().signingKeys.rotate({ now: true })
  expect([key?.state, none]).toEqual(['in use', []])
  expect([leaked, announced]).not.toContain(key?.kid)
  expect(await publishedBy(first().issuer)).toEqual([key?.kid])
  expect(await agreed(1)).toEqual([key?.kid])
  for (const origin of origins())
    expect(headerOf((await tokenFrom(origin)) ?? '').kid).toBe(key?.kid)
  const traffic = startTraffic(origins)
  await first().signingKeys.rotate()
  await waitUntil('the next key is used', async () => traffic.kids.length === 2)
  await traffic.stop()
})

test.each(['was emptied', 'was set back to before'])(
  'a leaked key does not come back with a storage that %s',
  async (what) => {
    const [leaked] = await agreed(1)
    const records = openStorage().records('SigningKeys')
    const before = (await records.find('current')) ?? {}
    const [fresh] = await first().signingKeys.rotate({ now: true })
    if (what === 'was emptied') await records.destroy('current')
    else await records.upsert('current', before)
    // Who has not heard of it is the first to look.
    await pause(1100)
    expect(await publishedBy(other().issuer)).toEqual([leaked])
    await waitUntil('it is gone', async () => (await agreed(1))[0] === fresh?.kid)
    expect(await first().signingKeys.list()).toMatchObject([{ kid: fresh?.kid }])
    // Nor once everybody has.
    await records.upsert('current', before)
    await pause(1100)
    expect(await agreed(1)).toEqual([fresh?.kid])
    // Nor where somebody rotates there who knows nothing of it: what comes of that stays.
    await records.upsert('current', before)
    const rotated = createStandalone(openStorage()).signingKeys
    const [newest] = await rotated.rotate({ now: true })
    await waitUntil('all have the newest', async () => (await agreed(1))[0] === newest?.kid)
    await records.upsert('current', before)
    const all = await rotated.rotate()
    await pause(1100)
    expect(await publishedByAll()).not.toContainEqual(expect.arrayContaining([leaked]))
    expect(all.map(({ kid }) => kid)).toEqual(expect.arrayContaining([...(await agreed(1))]))
  },
)

test('what that costs: APIs that keep keys do not know the new one at first, or the old one any more', async () => {
  await agreed(1)
  const traffic = startTraffic(origins)
  await waitUntil('tokens are verified', async () => traffic.kids.length === 1)
  await first().signingKeys.rotate({ now: true })
  // Or an old one, where somebody knows the new keys already.
  await expect(traffic.running).rejects.toThrow('error when selecting a JWT verification key')
})
