import { Redis } from 'ioredis'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { createRedisAdapter, recommendedRedisOptions } from '../../adapters/redis.ts'
import { loadConnections } from '../../lib/grants/connections.ts'
import type { Storage, StoredPayload } from '../../lib/index.ts'
import { useRunning } from '../support/fixtures.ts'
import { grantMany } from '../support/many-grants.ts'
import { bakery } from '../support/people.ts'
import { dumpOf } from '../support/redis-dump.ts'
import { storageKeys } from '../support/redis-harness.ts'
import { useRedis } from '../support/redis-server.ts'
import { pause } from '../support/requests.ts'
import { confidential } from '../support/server.ts'

// The hint of a subject with many grants may be lost, late or wrong. It hides no connection.

const redis = useRedis()
const client = useRunning(() => new Redis(redis.url, recommendedRedisOptions))
let storage: Storage
beforeAll(() => void (storage = createRedisAdapter({ client, keys: storageKeys })))
beforeEach(() => client.flushall())

const of = { subject: bakery }
const grant = (count: number, given?: StoredPayload, lifetime?: number) =>
  grantMany(storage, count, given, lifetime)

const hintKey = async (): Promise<string> => {
  const [key = '', ...others] = await client.keys('pleo:hint-for-subject:*')
  expect(others).toEqual([])
  return key
}
const load = () => loadConnections(storage.grants, of)
const clientsOf = async (): Promise<readonly string[]> =>
  (await load()).map(({ clientId }) => clientId).toSorted()
/** Stores a grant that no hint hears of, as a process of an earlier version does, or one that dies. */
async function grantUnheard(clientId: string): Promise<void> {
  const key = await hintKey()
  const before = await client.hgetall(key)
  await grant(1, { clientId })
  const added = Object.keys(await client.hgetall(key)).filter((field) => !(field in before))
  expect(await client.hdel(key, ...added)).toBe(1)
}

test('a hint is not made for a few grants, has an end, and holds nothing about people', async () => {
  await grant(16)
  await load()
  expect(await client.keys('pleo:hint-*')).toEqual([])
  await grant(1)
  await load()
  expect(await client.pttl(await hintKey())).toBeGreaterThan(3_600_000)
  const [hint] = (await dumpOf(client, 'pleo:')).filter(({ key }) => key.includes('hint'))
  expect(hint?.value).not.toMatch(/sofia|ledger|companies|urn:/)
})

test('a hint does not hide a grant that it never heard of', async () => {
  await grant(40)
  await load()
  for (const clientId of ['a', 'b', 'c']) await grantUnheard(clientId)
  const found = ['a', 'b', 'c', confidential.client_id]
  expect(await clientsOf()).toEqual(found)
  await grant(40)
  for (let visit = 0; visit < 10; visit += 1) {
    await grant(2)
    expect(await clientsOf()).toEqual(found)
  }
})

test('a hint does not hide a grant that ends before the others, as with a shorter lifetime', async () => {
  await grant(40)
  await load()
  const found = [confidential.client_id]
  for (let count = 10; count < 40; count += 1) {
    found.unshift(`a ${count}`)
    await grant(1, { clientId: `a ${count}` }, (50 - count) * 86_400)
    expect(await clientsOf()).toEqual(found.toSorted())
  }
})

test('a hint is made anew if it is lost, also while it is made', async () => {
  await grant(40)
  const found = [confidential.client_id, 'lost'].toSorted()
  await load()
  await client.del(await hintKey())
  await grant(1, { clientId: 'lost' })
  for (let visit = 0; visit < 10; visit += 1) {
    const loaded = Promise.all([clientsOf(), clientsOf()])
    while ((await client.keys('pleo:hint-*')).length === 0) await pause(0)
    await client.del('pleo:hint', ...(await client.keys('pleo:hint-*')))
    expect(await loaded).toEqual([found, found])
  }
})

test('a hint that is lost while it is made misses no grant of that time', async () => {
  await grant(800)
  const loading = load()
  while ((await client.keys('pleo:hint-*')).length === 0) await pause(0)
  await client.del(await hintKey())
  // It ends before the others, so that only a note tells of it.
  await grant(1, { clientId: 'missed' }, 86_400)
  await loading
  expect(await clientsOf()).toEqual([confidential.client_id, 'missed'].toSorted())
})

test('a hint knows later use within an hour of visits', async () => {
  const ids = await grant(60)
  await load()
  const lastUsed = async (): Promise<number> =>
    Math.max(...(await load()).flatMap(({ grants }) => grants.map((g) => g.lastUsedAt ?? 0)))
  const shown = new Set((await load()).flatMap(({ grants }) => grants.map((g) => g.grantId)))
  const hidden = ids.find((id) => !shown.has(id)) ?? ''
  await storage.grants.noteUse(hidden, 0)
  expect(await lastUsed()).toBe(0)
  await client.hset(await hintKey(), 'at', Date.now() - 3_700_000)
  await load()
  await expect.poll(lastUsed).toBeGreaterThan(0)
})

test('a hint goes on under a new storage key', async () => {
  const ids = await grant(40)
  await grant(1, { clientId: 'other' })
  await load()
  const rotated = createRedisAdapter({
    client,
    keys: ['another storage key, also long enough', ...storageKeys],
  })
  const clients = async (): Promise<unknown> =>
    (await loadConnections(rotated.grants, of)).map(({ clientId }) => clientId).toSorted()
  const found = [confidential.client_id, 'other'].toSorted()
  expect(await clients()).toEqual(found)
  for (const id of ids.toReversed()) {
    await rotated.grants.load(id)
    expect(await clients()).toEqual(found)
  }
  await expect.poll(() => client.keys('pleo:hint-*')).toHaveLength(2)
  const grants = (await loadConnections(rotated.grants, of)).flatMap((one) => one.grants)
  expect(new Set(grants.map(({ grantId }) => grantId)).size).toBe(grants.length)
})
