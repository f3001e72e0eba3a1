import { Redis } from 'ioredis'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { createRedisAdapter, recommendedRedisOptions } from '../../adapters/redis.ts'
import { loadConnections } from '../../lib/grants/connections.ts'
import type { Storage, StoredPayload } from '../../lib/index.ts'
import { useRunning } from '../support/fixtures.ts'
import { grantMany } from '../support/many-grants.ts'
import { bakery } from '../support/people.ts'
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

/** Each index of a subject, with its hint: the last member, above all ends. */
async function readHints(): Promise<readonly (readonly [index: string, hint: string])[]> {
  const found: [string, string][] = []
  for (const index of await client.keys('pleo:grants-for-subject:*')) {
    const [last = ''] = await client.zrange(index, '-1', '-1')
    if (last.startsWith('hint ')) found.push([index, last])
  }
  return found
}
async function replaceHint(replace: (hint: string) => string): Promise<void> {
  const [[index, hint] = ['', ''], ...others] = await readHints()
  expect(others).toEqual([])
  const score = String(await client.zscore(index, hint))
  await client.multi().zrem(index, hint).zadd(index, score, replace(hint)).exec()
}
const loseHints = async (): Promise<void> => {
  for (const [index, hint] of await readHints()) await client.zrem(index, hint)
}
const load = () => loadConnections(storage.grants, of)
const clientsOf = async (): Promise<readonly string[]> =>
  (await load()).map(({ clientId }) => clientId).toSorted()
/** Stores a grant that no hint hears of, as a process of an earlier version does. */
async function grantUnheard(clientId: string): Promise<void> {
  const [[, before] = ['', '']] = await readHints()
  await grant(1, { clientId })
  await replaceHint(() => before)
}

test('a hint is not made for a few grants, holds nothing about people, and ends with the last of them', async () => {
  await grant(16)
  await load()
  expect(await readHints()).toEqual([])
  await grant(1)
  await load()
  const [[index, hint] = ['', '']] = await readHints()
  expect(hint).toMatch(/=p\b/)
  expect(hint).not.toMatch(/sofia|ledger|companies|urn:/)
  await storage.grants.endAll({ clientId: confidential.client_id })
  await expect.poll(() => client.exists(index)).toBe(0)
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
  await loseHints()
  await grant(1, { clientId: 'lost' })
  for (let visit = 0; visit < 10; visit += 1) {
    const loaded = Promise.all([clientsOf(), clientsOf()])
    while ((await readHints()).length === 0) await pause(0)
    await loseHints()
    expect(await loaded).toEqual([found, found])
  }
})

test('a hint that is lost while it is made misses no grant of that time', async () => {
  await grant(800)
  const loading = load()
  while ((await readHints()).length === 0) await pause(0)
  await loseHints()
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
  await replaceHint((hint) => hint.replace(/\d{13}/, String(Date.now() - 3_700_000)))
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
  await expect.poll(readHints).toHaveLength(2)
  const grants = (await loadConnections(rotated.grants, of)).flatMap((one) => one.grants)
  expect(new Set(grants.map(({ grantId }) => grantId)).size).toBe(grants.length)
})
