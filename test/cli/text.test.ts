import { describe, expect, test } from 'vitest'
import { clean, cut, toIso, toJson, toList, toTable, toTime } from '../../lib/cli/terminal/text.ts'

const hostile = [
  ['an escape', '\u001B[31mred'],
  ['a title', '\u001B]0;title\u0007'],
  ['an escape of one byte', '\u009B31m'],
  ['a line', 'one\r\ntwo\u2028three\u2029four\u0085five'],
  ['a delete', 'a\u007Fb\b'],
  ['a turn of the direction', '\u202Egnp.exe\u202C \u2066x\u2069 \u200Fy'],
] as const

describe('text of somebody else does nothing to a terminal', () => {
  const doing = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u

  test.each(hostile)('%s', (_, text) => {
    expect(text).toMatch(doing)
    expect(clean(text)).not.toMatch(doing)
    expect(toTable([['NAME'], [text]]).split('\n')).toHaveLength(2)
    expect(toList([['name', text]])).not.toMatch(doing)
  })

  test.each(hostile)('%s, as JSON, which is still what it was', (_, text) => {
    const json = toJson({ name: text })
    expect(json.split('\n')).toHaveLength(3)
    expect(json.replaceAll('\n', '')).not.toMatch(doing)
    expect(JSON.parse(json)).toEqual({ name: text })
  })

  test('and what people write stays', () => {
    for (const text of ['Ærø & Sønner', '会計', 'می‌خواهم', '👩‍👩‍👧', 'é'])
      expect(clean(text)).toBe(text)
  })
})

test('what is no time is said to be none', () => {
  expect([toTime(0), toIso(0)]).toEqual(['1970-01-01T00:00:00Z', '1970-01-01T00:00:00.000Z'])
  for (const none of [undefined, Number.NaN, 1e23, -1e23])
    expect([toTime(none), toIso(none)]).toEqual(['-', null])
})

test('columns stay below each other, however wide the letters are', () => {
  const rows = [
    ['Ledger', 'one'],
    ['北風会計', 'two'],
    ['Cafe\u0301', 'three'],
    ['👩‍👩‍👧', 'four'],
  ]
  expect(toTable([['NAME', 'NEXT'], ...rows]).split('\n')).toEqual([
    'NAME      NEXT',
    'Ledger    one',
    '北風会計  two',
    'Cafe\u0301      three',
    '👩‍👩‍👧        four',
  ])
})

test.each([
  ['Northwind', 9, 'Northwind'],
  ['Northwind', 8, 'Northwi…'],
  ['北風会計', 6, '北風…'],
  ['👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦', 5, '👩‍👩‍👧‍👦👩‍👩‍👧‍👦…'],
])('%s in %i columns is %s', (text, width, shown) => {
  expect(cut(text, width)).toBe(shown)
})
