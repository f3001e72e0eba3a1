import { describe, expect, test } from 'vitest'
import { createMemoryAdapter, MemoryFullError } from '../../adapters/memory.ts'
import type { RecordStorage, Storage } from '../../lib/index.ts'
import { sampleGrant, sampleToken } from '../../lib/testing/contract/harness.ts'

// What every adapter must do is asked for in contract.test.ts; this is about memory alone.

interface Created {
  readonly storage: Storage
  readonly tokens: RecordStorage
  readonly sessions: RecordStorage
  readonly pass: (seconds: number) => void
}

function create(maxRecords?: number): Created {
  let now = Date.parse('2030-01-01T00:00:00Z')
  const storage = createMemoryAdapter({
    now: () => now,
    ...(maxRecords === undefined ? {} : { maxRecords }),
  })
  return {
    storage,
    tokens: storage.records('ClientCredentials'),
    sessions: storage.records('Session'),
    pass: (seconds) => (now += seconds * 1000),
  }
}

test('a record is found until its lifetime is over, and not one moment longer', async () => {
  const { sessions, pass } = create()
  await sessions.upsert('id', { uid: 'u' }, 10)
  pass(9.999)
  expect(await sessions.find('id')).toEqual({ uid: 'u' })
  expect(await sessions.findByUid('u')).toEqual({ uid: 'u' })
  pass(0.001)
  expect(await sessions.find('id')).toBeUndefined()
  expect(await sessions.findByUid('u')).toBeUndefined()
})

test('a consumed record says by the clock of the storage when that was', async () => {
  const { sessions } = create()
  await sessions.upsert('id', {}, 10)
  await sessions.consume('id')
  expect(await sessions.find('id')).toEqual({ consumed: Date.parse('2030-01-01T00:00:00Z') })
})

describe('a memory of three records', () => {
  async function fill({ tokens }: Created, lifetime: number): Promise<void> {
    for (const id of ['1', '2', '3']) await tokens.upsert(id, { id }, lifetime)
  }

  test('refuses a fourth with an error and keeps the three', async () => {
    const created = create(3)
    const { storage, tokens, sessions } = created
    await fill(created, 10)
    const { id: grantId, payload } = sampleGrant()
    await expect(sessions.upsert('4', {}, 10)).rejects.toThrow(MemoryFullError)
    await expect(sessions.insert('4', {}, 10)).rejects.toThrow(MemoryFullError)
    await expect(storage.grants.save(grantId, payload, 10)).rejects.toThrow(MemoryFullError)
    for (const id of ['1', '2', '3']) expect(await tokens.find(id)).toEqual({ id })
    expect(await sessions.find('4')).toBeUndefined()
  })

  test('still takes changes of the three', async () => {
    const created = create(3)
    await fill(created, 10)
    await created.tokens.upsert('2', { id: 'changed' }, 10)
    expect(await created.tokens.find('2')).toEqual({ id: 'changed' })
    expect(await created.tokens.consume('1')).toBe(true)
  })

  test('takes a fourth as soon as one is removed or has expired', async () => {
    const created = create(3)
    const { tokens, sessions, pass } = created
    await fill(created, 10)
    await tokens.destroy('1')
    await sessions.upsert('4', { uid: 'u' }, 20)
    await expect(sessions.upsert('5', {}, 10)).rejects.toThrow(MemoryFullError)
    pass(10)
    await sessions.upsert('5', {}, 10)
    expect(await sessions.find('4')).toEqual({ uid: 'u' })
    expect(await sessions.find('5')).toEqual({})
  })

  test('lets go of what was consumed, and of nothing else', async () => {
    const created = create(3)
    const { tokens } = created
    await fill(created, 1000)
    await expect(tokens.upsert('4', {}, 1000)).rejects.toThrow(MemoryFullError)
    await tokens.consume('2')
    await tokens.upsert('4', {}, 1000)
    for (const id of ['1', '3', '4']) expect(await tokens.find(id)).toBeDefined()
    expect(await tokens.find('2')).toBeUndefined()
  })
})

test('a grant takes the place of one record, however often it is refreshed', async () => {
  const { storage } = create(1)
  const { id, payload } = sampleGrant()
  await storage.grants.save(id, payload, 5_184_000)
  for (let turn = 0; turn < 500; turn += 1) {
    await storage.grants.add(id, 'RefreshToken', sampleToken(id))
    await storage.grants.add(id, 'AccessToken', sampleToken(id))
  }
  expect(await storage.grants.load(id)).toBeDefined()
})

test('two adapters share nothing, and one gives the same records for one model', async () => {
  const [one, two] = [create(), create()]
  await one.sessions.upsert('id', {}, 10)
  expect(await two.sessions.find('id')).toBeUndefined()
  expect(one.storage.records('Session')).toBe(one.sessions)
  expect(one.storage.deriveKeys('x')).not.toEqual(two.storage.deriveKeys('x'))
})
