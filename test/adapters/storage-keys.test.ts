import { expect, test } from 'vitest'
import { createStorageKeys, SealError } from '../../adapters/redis/storage-keys.ts'
import { heapUsed } from '../support/heap.ts'
import { storageKeys } from '../support/redis-harness.ts'

test('no two seals have the same nonce, also of different storages', () => {
  const storages = [createStorageKeys(storageKeys), createStorageKeys(storageKeys)]
  // More than are drawn at once.
  const seals = Array.from({ length: 1000 }, () =>
    storages.map((keys) => keys.seal('place', 'content')),
  ).flat()
  // Behind the id of the key.
  const nonces = seals.map((sealed) => sealed.subarray(4, 16).toString('hex'))
  expect(new Set(nonces).size).toBe(2000)
  for (const sealed of seals) expect(storages[0]?.open('place', sealed)).toBe('content')
})

test('a seal that was changed is refused, also if the true one was made or opened before', () => {
  const [maker, reader] = [createStorageKeys(storageKeys), createStorageKeys(storageKeys)]
  const sealed = maker.seal('place', 'content')
  expect(reader.open('place', sealed)).toBe('content')
  for (const keys of [maker, reader]) {
    for (const at of sealed.keys()) {
      const changed = Buffer.from(sealed)
      changed[at] = (changed[at] ?? 0) ^ 1
      expect(() => keys.open('place', changed)).toThrow(SealError)
    }
    expect(() => keys.open('another place', sealed)).toThrow(SealError)
    expect(keys.open('place', sealed)).toBe('content')
  }
})

test('a seal is remembered as it was, although the memory that it was read from is used again', () => {
  const keys = createStorageKeys(storageKeys)
  const answer = createStorageKeys(storageKeys).seal('place', 'content')
  expect(keys.open('place', answer)).toBe('content')
  answer.fill(0, 4)
  expect(() => keys.open('place', answer)).toThrow(SealError)
})

test('of thousands of places, each opens what was sealed there last', () => {
  const keys = createStorageKeys(storageKeys)
  // More than is remembered.
  const contents = Array.from({ length: 3000 }, (_, index) => `content ${index}`.padEnd(3000))
  const seals = contents.map((content, index) => {
    keys.seal(`place ${index}`, 'earlier')
    return keys.seal(`place ${index}`, content)
  })
  for (const [index, sealed] of seals.entries()) {
    expect(keys.open(`place ${index}`, sealed)).toBe(contents[index])
  }
})

test.each([
  ['long texts', (index: number) => `content ${index}`.padEnd(50_000)],
  ['ends of long texts', (index: number) => `${index}`.padStart(50_000).slice(-20)],
])('of 3000 seals of %s, no more than 50 MB stay in the memory of the process', (_, create) => {
  const keys = createStorageKeys(storageKeys)
  const before = heapUsed()
  for (let index = 0; index < 3000; index += 1) {
    keys.seal(`place ${index}`, create(index))
  }
  expect(heapUsed() - before).toBeLessThan(50_000_000)
  // Until here, the keys are in use, with all that they remember.
  expect(keys.open('place', keys.seal('place', 'content'))).toBe('content')
})
