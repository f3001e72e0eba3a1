import { expect, test } from 'vitest'
import { createMemory } from '../../lib/validation/memory.ts'

test('a memory finds something once for each key, and forgets all when it is full', () => {
  const remember = createMemory<string>(2)
  const asked: string[] = []
  const find = (key: string): string =>
    remember(key, () => {
      asked.push(key)
      return key.toUpperCase()
    })
  expect(['a', 'b', 'a', 'b', 'c', 'c', 'a'].map(find)).toEqual(['A', 'B', 'A', 'B', 'C', 'C', 'A'])
  expect(asked).toEqual(['a', 'b', 'c', 'a'])
})

test('a memory does not keep a long key', () => {
  const remember = createMemory<object>()
  for (const [length, isKept] of [
    [300, true],
    [301, false],
  ] as const) {
    const key = 'a'.repeat(length)
    const [one, other] = [remember(key, () => ({})), remember(key, () => ({}))]
    expect(one === other).toBe(isKept)
  }
})
