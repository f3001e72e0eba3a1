import { describe, expect, test } from 'vitest'
import { loadCatalogues } from '../../lib/pages/texts/catalogues.ts'
import { createFormats, isolate } from '../../lib/pages/texts/formats.ts'
import { createTranslators } from '../../lib/pages/texts/translator.ts'

const translators = createTranslators(loadCatalogues([]), 'Pleo', 'UTC')
const english = translators.of('en')

describe('what is put into a text', () => {
  test.each([
    ['a name', 'Ledger', '\u2068Ledger\u2069'],
    ['another placeholder', '{{client}} {{count}}', '\u2068{{client}} {{count}}\u2069'],
    ['another text', '$t(consent.allow)', '\u2068$t(consent.allow)\u2069'],
    ['what replaces patterns', "$& $1 $' $$", "\u2068$& $1 $' $$\u2069"],
    ['nothing', '', '\u2068\u2069'],
  ])('stays as it is: %s', (_, client, inside) => {
    expect(english.text('consent.title', { client })).toBe(`Allow ${inside} to access your data?`)
  })

  test.each([
    ['an override', '\u202Eevil', '\u2068\u202Eevil\u2069'],
    ['an end too many', '\u2069\u202Eevil', '\u2068\u202Eevil\u2069'],
    ['many ends', '\u2069\u2069a\u2069', '\u2068a\u2069'],
    ['an isolate left open', '\u2067a', '\u2068\u2067a\u2069\u2069'],
    ['isolates in pairs', '\u2067a\u2069b', '\u2068\u2067a\u2069b\u2069'],
    ['the end of a paragraph', 'a\u2029b\nc', '\u2068a b c\u2069'],
  ])('turns nothing around it: %s', (_, text, inside) => {
    expect(isolate(text)).toBe(inside)
  })

  test('must be there, as must the text', () => {
    expect(() => english.text('consent.title')).toThrow('a value is missing for {{client}}')
    expect(() => english.text('consent.title', { client: undefined as never })).toThrow('client')
    for (const path of ['consent', 'consent.', 'nothing', '__proto__', 'constructor', '']) {
      expect(() => english.text(path)).toThrow(TypeError)
    }
  })
})

describe('numbers, dates and lists', () => {
  test.each([
    [
      'en',
      '12,345 in the list',
      'March\u00A04, 2027',
      '\u2068A\u2069, \u2068B\u2069, and \u2068C\u2069',
    ],
    [
      'de',
      '12.345 in der Liste',
      '4.\u00A0März 2027',
      '\u2068A\u2069, \u2068B\u2069 und \u2068C\u2069',
    ],
    [
      'fi',
      '12\u00A0345 luettelossa',
      '4.\u00A0maaliskuuta 2027',
      '\u2068A\u2069, \u2068B\u2069 ja \u2068C\u2069',
    ],
  ])('are written as in %s', (language, number, date, list) => {
    const { text, formats } = translators.of(language)
    expect(text('shared.inList', { count: 12_345 })).toBe(number)
    expect(formats.date(new Date('2027-03-04T23:59:59Z'))).toBe(date)
    expect(formats.list(['A', 'B', 'C'])).toBe(list)
  })

  // "~" is a no-break space.
  test.each([
    ['en', 'November~28,| 2026| at~23:30~UTC'],
    ['da', '28.~november| 2026| kl.~23.30~UTC'],
    ['sv', '28~november| 2026| kl.~23:30~UTC'],
    ['nb', '28.~november| 2026| kl.~23:30~UTC'],
    ['de', '28.~November| 2026| um~23:30~UTC'],
    ['nl', '28~november| 2026| om~23:30~UTC'],
    ['fr', '28~novembre| 2026| à~23:30~UTC'],
    ['es', '28~de~noviembre| de~2026| a~las~23:30~UTC'],
    ['it', '28~novembre| 2026| alle~ore~23:30~UTC'],
    ['fi', '28.~marraskuuta| 2026| klo~23.30~UTC'],
    ['pt', '28~de~novembro| de~2026| às~23:30~UTC'],
    // Of a host: the year comes first.
    ['lv', '2026.~gada~28.~novembris| 23:30~UTC'],
  ])('break a date in %s only in front of the year and the time', (language, parts) => {
    const date = new Date('2026-11-28T23:30:00Z')
    const [moment, day] = [undefined, 'UTC'].map((timeZone) =>
      createFormats(language, timeZone).date(date).replaceAll('\u00A0', '~'),
    )
    expect(moment).toBe(parts.replaceAll('|', ''))
    expect(day).toBe(parts.replace(/\| \S*~?23.*/, '').replaceAll('|', ''))
  })

  test('choose the plural form of the language', () => {
    const yours = (language: string, count: number): string =>
      translators.of(language).text('cannotConnect.yours.company', { count })
    expect([0, 1, 2].map((count) => yours('en', count))).toEqual([
      'Your companies',
      'Your company',
      'Your companies',
    ])
    // French counts none as one.
    expect([0, 1, 2, 1_000_000].map((count) => yours('fr', count))).toEqual([
      'Votre entreprise',
      'Votre entreprise',
      'Vos entreprises',
      'Vos entreprises',
    ])
  })
})

test('a language that is not there is English', () => {
  expect(translators.of('xx').language).toBe('en')
  expect(translators.of('xx').text('consent.allow')).toBe('Allow')
})
