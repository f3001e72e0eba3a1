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

type Hint = readonly [index: string, members: readonly string[]]
const score = '9000000000000000'

/** Each index of a subject that has a hint, with its members: they are above all ends. */
async function readHints(): Promise<readonly Hint[]> {
  const indexes = await client.keys('pleo:grants-for-subject:*')
  const all = indexes.map(async (index): Promise<Hint> => [
    index,
    await client.zrangebyscore(index, score, score),
  ])
  return (await Promise.all(all)).filter(([, members]) => members.length > 0)
}
async function readHint(): Promise<Hint> {
  const [hint = ['', []], ...others] = await readHints()
  expect(others).toEqual([])
  return hint
}
const writeHint = async ([index, members]: Hint): Promise<void> => {
  const args = members.flatMap((member) => [score, member])
  await client
    .multi()
    .zremrangebyscore(index, score, score)
    .zadd(index, ...args)
    .exec()
}
const loseHints = async (): Promise<void> => {
  for (const [index] of await readHints()) await client.zremrangebyscore(index, score, score)
}
const load = () => loadConnections(storage.grants, of)
const clientsOf = async (): Promise<readonly string[]> =>
  (await load()).map(({ clientId }) => clientId).toSorted()
/** Stores a grant that no hint hears of, as a process of an earlier version does. */
async function grantUnheard(clientId: string): Promise<void> {
  const before = await readHint()
  await grant(1, { clientId })
  await writeHint(before)
}

test('a hint is not made for a few grants, holds nothing about people, and ends with the last of them', async () => {
  await grant(16)
  await load()
  expect(await readHints()).toEqual([])
  await grant(1)
  await load()
  const [index, members] = await readHint()
  expect(members.some((member) => member.endsWith('=p'))).toBe(true)
  expect(members.join(' ')).not.toMatch(/sofia|ledger|companies|urn:/)
  expect(await client.object('ENCODING', index)).toBe('listpack')
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

test('a hint does not hide it either if this version then adds another', async () => {
  await grant(40)
  await load()
  await grantUnheard('a')
  await grant(1, { clientId: 'b' })
  expect(await clientsOf()).toEqual(['a', 'b', confidential.client_id])
})

test('a grant that is in the index, and is stored after the hint was made, is listed from then on', async () => {
  await grant(150)
  const before = await client.keys('pleo:grant:*')
  // It is not among the last of the index.
  await grant(1, { clientId: 'late' }, 30 * 86_400)
  const [key = ''] = (await client.keys('pleo:grant:*')).filter((one) => !before.includes(one))
  await client.rename(key, 'pleo:held')
  for (let visit = 0; visit < 3; visit += 1) {
    await load()
    await grant(3)
  }
  await client.rename('pleo:held', key)
  expect(await clientsOf()).toEqual(['late', confidential.client_id])
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
  const [index, members] = await readHint()
  const before = String(Date.now() - 3_700_000)
  await writeHint([index, members.map((one) => one.replace(/(?<=^hint \S+ )\d+/, before))])
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
