import { describe, expect, test } from 'vitest'
import { containsName, skeletonOf } from '../../lib/clients/look-alikes.ts'
import { hasInvisible } from '../../lib/clients/names.ts'

describe('the name of the product is seen', () => {
  test.each([
    ['as it is', ['Pleo', 'PLEO', 'pleo.', "Pleo's Ledger", 'Ledger for Pleo']],
    ['within a word', ['PleoSync', 'MyPleo', 'getpleonow', 'Pleo2Xero']],
    ['in pieces', ['P l e o', 'P.l.e.o.', 'pl-eo', 'Ple o', 'Ple_o Sync', 'P\u00ADleo']],
    ['around signs', ['P+l+e+o', 'P~leo', 'Ple=o', 'P|leo', 'P™leo', 'P\u02BCleo', 'Pl✦eo']],
    ['in letters of Latin that few people use', ['Pⱡeo', 'Plⱸo', 'Plǝo', 'þleo', 'Pleɔ', 'Pɬeo']],
    ['in strokes and circles', ['P❘eo', 'P丨eo', 'Pㅣeo', 'Ple口', 'Pleㅇ']],
    [
      'with one letter of East Asia',
      ['PㄴEO', 'P乚EO', 'PL乇O', '卩leo', 'Ple日', '尸LEO', 'Sync Pㄥeo'],
    ],
    ['with letters of scripts from the right', ['P۱eo', 'Ple۵', 'Ple٥', 'Pleס', 'Ple ס', 'Pاeo']],
    ['in Cyrillic and Greek letters', ['Рlео', 'ρӏєο', 'Ρlеο', 'Plеο']],
    ['in digits and signs', ['Pl3o', 'PL30', 'P1eo', 'P|eo', 'Ple0', 'Pl€o', 'P!eo']],
    ['in digits of other forms', ['PL３0', 'Pl³o', 'Plзo', 'Pl𝟛o', 'Pl③o']],
    [
      'in wide, round, bold and small letters',
      ['ＰＬＥＯ', 'ⓟⓛⓔⓞ', '𝗣𝗹𝗲𝗼', 'ᴘʟᴇᴏ', '🅟🅛🅔🅞', '🇵🇱🇪🇴', 'ᵖˡᵉᵒ'],
    ],
    ['with marks', ['Pléø', 'P̶l̶e̶o̶', 'Plɛö', 'ꝓleo']],
    [
      'with marks of other scripts',
      ['P\u0483leo', 'Pl\u05B0eo', 'Pl\u0E47eo', 'P\u0951leo', 'Pleo\u093F'],
    ],
    ['with what cannot be seen', ['P\u200Bleo', 'Pl\u2060eo', 'P\u202Eleo', 'P\uFE0Fleo']],
  ])('%s', (_, names) => {
    expect(names.filter((name) => !containsName(name, 'Pleo'))).toEqual([])
  })

  test('and no other name is taken for it', () => {
    const names = [
      'Simple Office',
      'People',
      'Ample Orders',
      'Поле',
      'Sample Ø',
      'Polo',
      '北風',
      '日本Pro',
      'ソフトPlus',
      'P社',
      'Leo P',
      'P & L, Eastern Office',
    ]
    expect(names.filter((name) => containsName(name, 'Pleo'))).toEqual([])
  })

  test('a short one only as a word', () => {
    expect(containsName('Axe Books', 'X')).toBe(false)
    expect(containsName('X Books', 'X')).toBe(true)
    expect(containsName('Anything', '!')).toBe(false)
  })
})

test.each([
  ['Modern Books', 'Modem Books'],
  ['Vvest', 'West'],
  ['Northwind Ledger', 'northwind-ledger'],
  ['Bill', 'BiIl'],
  ['Søren', 'Soren'],
  ['Straße', 'STRAßE'],
  ['Northwind', 'North+wind'],
  ['Hawaiʻi', 'Hawaii'],
  ['بَنك', 'بنك'],
])('"%s" looks like "%s"', (one, other) => {
  expect(skeletonOf(one)).toBe(skeletonOf(other))
})

test.each([
  ['Northwind', 'Northwinds'],
  ['北風', '南風'],
  ['हिन्दी', 'हन्द'],
  ['Ledger 2', 'Ledger 3'],
  ['カード', 'ガード'],
  ['बक', 'बैंक'],
])('"%s" does not look like "%s"', (one, other) => {
  expect(skeletonOf(one)).not.toBe(skeletonOf(other))
})

test('what cannot be seen, or turns what is around it, is found', () => {
  for (const sign of '\u0000\n\t\u007F\u00AD\u061C\u200B\u200D\u200E\u202E\u2028\u2066\u2800\u3164\uFE0F\uFEFF\uFFFC\uE000\uD800\u{1D159}')
    expect([sign.codePointAt(0)?.toString(16), hasInvisible(`a${sign}b`)]).toEqual([
      sign.codePointAt(0)?.toString(16),
      true,
    ])
  expect(hasInvisible('Søren & Søn, “Bogføring” — 北風 हिन्दी 🍞')).toBe(false)
})
