import { describe, expect, test } from 'vitest'
import { createMemoryAdapter, MemoryFullError } from '../../adapters/memory.ts'
import type { Storage } from '../../lib/index.ts'

function create(maxRecords?: number): { storage: Storage; pass: (seconds: number) => void } {
  let now = Date.parse('2030-01-01T00:00:00Z')
  const storage = createMemoryAdapter({
    now: () => now,
    ...(maxRecords === undefined ? {} : { maxRecords }),
  })
  return { storage, pass: (seconds) => (now += seconds * 1000) }
}

describe('a record', () => {
  test('is found as it was stored, under its model and id only', async () => {
    const { storage } = create()
    const payload = { a: 1, list: ['x', { deep: true }], grantId: 'g' }
    await storage('AccessToken').upsert('id', payload, 10)
    expect(await storage('AccessToken').find('id')).toEqual(payload)
    expect(await storage('RefreshToken').find('id')).toBeUndefined()
    expect(await storage('AccessToken').find('other')).toBeUndefined()
  })

  test('is found until its lifetime is over, and not one moment longer', async () => {
    const { storage, pass } = create()
    await storage('Session').upsert('id', { uid: 'u' }, 10)
    pass(9.999)
    expect(await storage('Session').find('id')).toEqual({ uid: 'u' })
    expect(await storage('Session').findByUid('u')).toEqual({ uid: 'u' })
    pass(0.001)
    expect(await storage('Session').find('id')).toBeUndefined()
  })

  test.each([
    ['findByUid', async (storage: Storage) => storage('Session').findByUid('u')],
    ['findByUserCode', async (storage: Storage) => storage('Session').findByUserCode('u')],
    ['destroy', async (storage: Storage) => (await storage('Session').destroy('id')) || undefined],
    ['consume', async (storage: Storage) => (await storage('Session').consume('id')) || undefined],
  ])('whose lifetime is over is not there for %s either', async (_, ask) => {
    const { storage, pass } = create()
    await storage('Session').upsert('id', { uid: 'u' }, 10)
    pass(10)
    expect(await ask(storage)).toBeUndefined()
  })

  test('without a lifetime has no end', async () => {
    const { storage, pass } = create()
    await storage('Client').upsert('id', { name: 'x' })
    pass(100 * 365 * 86_400)
    expect(await storage('Client').find('id')).toEqual({ name: 'x' })
  })

  test('stored again takes the new content and the new lifetime', async () => {
    const { storage, pass } = create()
    await storage('Session').upsert('id', { uid: 'u', a: 1 }, 10)
    pass(5)
    await storage('Session').upsert('id', { uid: 'v', a: 2 }, 10)
    pass(6)
    expect(await storage('Session').find('id')).toEqual({ uid: 'v', a: 2 })
    expect(await storage('Session').findByUid('v')).toEqual({ uid: 'v', a: 2 })
    expect(await storage('Session').findByUid('u')).toBeUndefined()
  })

  test('is a copy, on the way in and on the way out', async () => {
    const { storage } = create()
    const payload = { list: ['a'] }
    await storage('Session').upsert('id', payload, 10)
    payload.list.push('b')
    const found = await storage('Session').find('id')
    expect((found?.['list'] as string[] | undefined)?.push('c')).toBe(2)
    expect(await storage('Session').find('id')).toEqual({ list: ['a'] })
  })

  test('is found by its second id while it is there', async () => {
    const { storage } = create()
    await storage('DeviceCode').upsert('id', { userCode: 'ABCD' }, 10)
    expect(await storage('DeviceCode').findByUserCode('ABCD')).toEqual({ userCode: 'ABCD' })
    expect(await storage('Session').findByUid('ABCD')).toBeUndefined()
    await storage('DeviceCode').destroy('id')
    expect(await storage('DeviceCode').findByUserCode('ABCD')).toBeUndefined()
  })

  test('of a session that took over the second id stays when the earlier one is removed', async () => {
    const { storage } = create()
    await storage('Session').upsert('old', { uid: 'u', n: 1 }, 10)
    await storage('Session').upsert('new', { uid: 'u', n: 2 }, 10)
    await storage('Session').destroy('old')
    expect(await storage('Session').findByUid('u')).toEqual({ uid: 'u', n: 2 })
  })

  test('is there once: the first destroy says so, the second does not', async () => {
    const { storage } = create()
    await storage('Interaction').upsert('id', {}, 10)
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => storage('Interaction').destroy('id')),
    )
    expect(answers.filter(Boolean)).toHaveLength(1)
    expect(await storage('Interaction').find('id')).toBeUndefined()
  })

  test('has no way to be mistaken for what objects bring along', async () => {
    const { storage } = create()
    for (const id of ['__proto__', 'constructor', 'toString']) {
      expect(await storage('Session').find(id)).toBeUndefined()
      expect(await storage('Session').findByUid(id)).toBeUndefined()
      expect(await storage('Session').destroy(id)).toBe(false)
    }
  })
})

describe('consume', () => {
  test('succeeds for one of fifty, and the record says when', async () => {
    const { storage } = create()
    await storage('AuthorizationCode').upsert('id', { grantId: 'g' }, 10)
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => storage('AuthorizationCode').consume('id')),
    )
    expect(answers.filter(Boolean)).toHaveLength(1)
    expect(await storage('AuthorizationCode').find('id')).toEqual({
      grantId: 'g',
      consumed: Date.parse('2030-01-01T00:00:00Z'),
    })
  })

  test('stays done when the record is stored again', async () => {
    const { storage } = create()
    await storage('Interaction').upsert('id', { a: 1 }, 10)
    await storage('Interaction').consume('id')
    await storage('Interaction').upsert('id', { a: 2 }, 10)
    expect(await storage('Interaction').consume('id')).toBe(false)
    expect(await storage('Interaction').find('id')).toMatchObject({ a: 2 })
    expect((await storage('Interaction').find('id'))?.consumed).toBeTypeOf('number')
  })

  test('is forgotten with the record: an id that is free again can be used again', async () => {
    const { storage, pass } = create()
    await storage('Interaction').upsert('id', {}, 10)
    await storage('Interaction').consume('id')
    pass(10)
    await storage('Interaction').upsert('id', {}, 10)
    expect(await storage('Interaction').consume('id')).toBe(true)
  })

  test('leaves no record behind where there is none', async () => {
    const { storage } = create()
    expect(await storage('RefreshToken').consume('id')).toBe(false)
    expect(await storage('RefreshToken').find('id')).toBeUndefined()
  })

  test('of a refresh token ends the access tokens of its grant, and no others', async () => {
    const { storage } = create()
    await storage('RefreshToken').upsert('r', { grantId: 'g' }, 10)
    await storage('RefreshToken').upsert('r2', { grantId: 'g' }, 10)
    await storage('AccessToken').upsert('a1', { grantId: 'g' }, 10)
    await storage('AccessToken').upsert('a2', { grantId: 'g' }, 10)
    await storage('AccessToken').upsert('other', { grantId: 'h' }, 10)
    await storage('AccessToken').upsert('none', {}, 10)
    expect(await storage('RefreshToken').consume('r')).toBe(true)
    expect(await storage('AccessToken').find('a1')).toBeUndefined()
    expect(await storage('AccessToken').find('a2')).toBeUndefined()
    expect(await storage('AccessToken').find('other')).toBeDefined()
    expect(await storage('AccessToken').find('none')).toBeDefined()
    expect(await storage('RefreshToken').find('r2')).toBeDefined()
  })

  test('that comes second ends nothing: what the first one issued lives', async () => {
    const { storage } = create()
    await storage('RefreshToken').upsert('r', { grantId: 'g' }, 10)
    await storage('RefreshToken').consume('r')
    await storage('AccessToken').upsert('new', { grantId: 'g' }, 10)
    expect(await storage('RefreshToken').consume('r')).toBe(false)
    expect(await storage('AccessToken').find('new')).toBeDefined()
  })

  test('of an authorization code leaves access tokens alone', async () => {
    const { storage } = create()
    await storage('AuthorizationCode').upsert('c', { grantId: 'g' }, 10)
    await storage('AccessToken').upsert('a', { grantId: 'g' }, 10)
    await storage('AuthorizationCode').consume('c')
    expect(await storage('AccessToken').find('a')).toBeDefined()
  })
})

describe('insert', () => {
  test('stores for one of fifty', async () => {
    const { storage } = create()
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) => storage('ReplayDetection').insert('id', { n }, 10)),
    )
    expect(answers.filter(Boolean)).toHaveLength(1)
    expect(await storage('ReplayDetection').find('id')).toEqual({ n: answers.indexOf(true) })
  })

  test('stores again after the lifetime is over', async () => {
    const { storage, pass } = create()
    await storage('ReplayDetection').insert('id', {}, 10)
    pass(10)
    expect(await storage('ReplayDetection').insert('id', {}, 10)).toBe(true)
  })
})

test('revokeByGrantId removes what belongs to the grant, of its model only', async () => {
  const { storage } = create()
  for (const model of ['AccessToken', 'RefreshToken']) {
    await storage(model).upsert('1', { grantId: 'g' }, 10)
    await storage(model).upsert('2', { grantId: 'g' }, 10)
    await storage(model).upsert('3', { grantId: 'h' }, 10)
  }
  await storage('AccessToken').revokeByGrantId('g')
  await storage('AccessToken').revokeByGrantId('unknown')
  expect(await storage('AccessToken').find('1')).toBeUndefined()
  expect(await storage('AccessToken').find('2')).toBeUndefined()
  expect(await storage('AccessToken').find('3')).toBeDefined()
  expect(await storage('RefreshToken').find('1')).toBeDefined()
  expect(await storage('RefreshToken').find('2')).toBeDefined()
})

describe('a memory of three records', () => {
  async function fill(storage: Storage, lifetime: number): Promise<void> {
    for (const id of ['1', '2', '3']) await storage('AccessToken').upsert(id, { id }, lifetime)
  }

  test('refuses a fourth with an error and keeps the three', async () => {
    const { storage } = create(3)
    await fill(storage, 10)
    await expect(storage('Session').upsert('4', {}, 10)).rejects.toThrow(MemoryFullError)
    await expect(storage('Session').insert('4', {}, 10)).rejects.toThrow(MemoryFullError)
    for (const id of ['1', '2', '3']) expect(await storage('AccessToken').find(id)).toEqual({ id })
    expect(await storage('Session').find('4')).toBeUndefined()
  })

  test('still takes changes of the three', async () => {
    const { storage } = create(3)
    await fill(storage, 10)
    await storage('AccessToken').upsert('2', { id: 'changed' }, 10)
    expect(await storage('AccessToken').find('2')).toEqual({ id: 'changed' })
    expect(await storage('AccessToken').consume('1')).toBe(true)
  })

  test('takes a fourth as soon as one is removed or has expired', async () => {
    const { storage, pass } = create(3)
    await fill(storage, 10)
    await storage('AccessToken').destroy('1')
    await storage('Session').upsert('4', { uid: 'u' }, 20)
    await expect(storage('Session').upsert('5', {}, 10)).rejects.toThrow(MemoryFullError)
    pass(10)
    await storage('Session').upsert('5', {}, 10)
    expect(await storage('Session').find('4')).toEqual({ uid: 'u' })
    expect(await storage('Session').find('5')).toEqual({})
  })
})

test('a full memory lets go of what was consumed, at once and later, and of nothing else', async () => {
  const { storage } = create(3)
  const tokens = storage('RefreshToken')
  for (const id of ['1', '2', '3']) await tokens.upsert(id, { grantId: 'g' }, 1000)
  await expect(tokens.upsert('4', { grantId: 'g' }, 1000)).rejects.toThrow(MemoryFullError)
  await tokens.consume('2')
  await tokens.upsert('4', { grantId: 'g' }, 1000)
  for (const id of ['1', '3', '4']) expect(await tokens.find(id)).toBeDefined()
  expect(await tokens.find('2')).toBeUndefined()
})

test('a connection that is refreshed for ever does not fill the memory', async () => {
  const { storage } = create(50)
  const tokens = storage('RefreshToken')
  for (let turn = 0; turn < 500; turn += 1) {
    await tokens.upsert(String(turn), { grantId: 'g' }, 5_184_000)
    if (turn > 0) await tokens.consume(String(turn - 1))
  }
  expect(await tokens.find('499')).toBeDefined()
})

test('two adapters share nothing, and one gives the same storage for one model', async () => {
  const [one, two] = [create().storage, create().storage]
  await one('Session').upsert('id', {}, 10)
  expect(await two('Session').find('id')).toBeUndefined()
  expect(one('Session')).toBe(one('Session'))
})
