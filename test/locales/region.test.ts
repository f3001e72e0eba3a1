import { beforeAll, describe, expect, test } from 'vitest'
import { chooseLanguage } from '../../lib/pages/reader.ts'
import { loadCatalogues } from '../../lib/pages/texts/catalogues.ts'
import { createTranslators } from '../../lib/pages/texts/translator.ts'
import { urlOfInteraction, type Browser } from '../support/browser.ts'
import { goToConsent } from '../support/flow.ts'
import { useServer } from '../support/server.ts'

const server = useServer({ views: { timeZone: 'Europe/London' } })

const usual = /Until [A-Z][a-z]+\u00A0\d{1,2}, 20\d\d at most/
const british = /Until \d{1,2}\u00A0[A-Z][a-z]+ 20\d\d at most/

describe('the dates of an English page', () => {
  let browser: Browser
  let url: string
  beforeAll(async () => {
    const consent = await goToConsent(server.issuer)
    browser = consent.browser
    url = urlOfInteraction(consent.page).href
  })

  test.each([
    ['en-GB,en;q=0.9', british],
    ['en, en-gb;q=0.5', british],
    ['en-Latn-GB', british],
    ['xx, en-GB;q=0.5, da;q=0.4', british],
    ['en-GB-u-ca-buddhist-nu-thai', british],
    ['en-US', usual],
    ['en', usual],
    ['en-ZZ', usual],
    ['en-999', usual],
    ['en-u-ca-buddhist', usual],
    ['en-u-rg-gbzzzz', usual],
    ['en-x-gb', usual],
    ['en-t-en-gb', usual],
    [`en${'-gb'.repeat(400)}`, usual],
  ])('are written as in the region that the browser names: %s', async (header, date) => {
    const { text, headers } = await browser.go(url, { headers: { 'accept-language': header } })
    expect(text.replaceAll(/[\u2066-\u2069]/g, '')).toMatch(date)
    // The words are the same in every region.
    expect(text).toContain('<html lang="en" dir="ltr">')
    expect(headers.get('content-language')).toBe('en')
  })

  test('follow the region in ui_locales first', async () => {
    const { page } = await goToConsent(server.issuer, { browser, params: { ui_locales: 'en-GB' } })
    const headers = { 'accept-language': 'en-US' }
    const { text } = await browser.go(urlOfInteraction(page).href, { headers })
    expect(text.replaceAll(/[\u2066-\u2069]/g, '')).toMatch(british)
  })
})

describe('the region', () => {
  const languages = ['en', 'da', 'de', 'nb', 'pt-BR', 'zh-Hant']
  const toContext = (...accepted: string[]): Parameters<typeof chooseLanguage>[2] =>
    ({ get: () => '', acceptsLanguages: () => accepted }) as never

  test.each([
    ['de-AT', [], 'de', 'AT'],
    ['de_at.UTF-8', [], 'de', 'AT'],
    ['no-NO', [], 'nb', 'NO'],
    ['zh-Hant-HK', [], 'zh-Hant', 'HK'],
    ['en-001', [], 'en', '001'],
    ['de', ['de-CH', 'en-GB'], 'de', 'CH'],
    ['de-AT', ['de-CH'], 'de', 'AT'],
    ['da', ['en-GB'], 'da', undefined],
    [undefined, ['da', 'en-GB'], 'da', undefined],
    [undefined, ['*'], 'en', undefined],
    [undefined, [], 'en', undefined],
  ] as const)('of %s with %j is of the language that is chosen', (wish, accepted, ...expected) => {
    const { language, region } = chooseLanguage(languages, wish, toContext(...accepted))
    expect([language, region]).toEqual(expected)
  })

  test.each([
    ['en', 'GB', '5\u00A0January 2026', '1,234', 'A and B'],
    ['de', 'AT', '5.\u00A0Jänner 2026', '1\u00A0234', 'A und B'],
    ['de', 'DE', '5.\u00A0Januar 2026', '1.234', 'A und B'],
    ['da', 'GL', '5.\u00A0januar 2026', '1.234', 'A og B'],
  ])('%s-%s changes how dates, numbers and lists are written', (language, region, ...expected) => {
    const { formats, text } = createTranslators(loadCatalogues([]), 'Pleo', 'UTC').of(language, {
      region,
    })
    const shown = [
      formats.date(new Date('2026-01-05T12:00:00Z')),
      text('shared.inList', { count: 1234 }).split(' ')[0],
      formats.list(['A', 'B']).replaceAll(/[\u2066-\u2069]/g, ''),
    ]
    expect(shown).toEqual(expected)
  })

  test("is that of a host's language if its file has one, and never brings another script", () => {
    const empty: ReadonlyMap<string, string> = new Map()
    const words = new Map([...loadCatalogues([]), ['pt-BR', empty], ['zh', empty]])
    const translators = createTranslators(words, 'Pleo', 'UTC')
    const day = new Date('2026-01-05T12:00:00Z')
    const dateIn = (language: string, region: string) =>
      translators.of(language, { region }).formats.date(day)
    expect(dateIn('pt-BR', 'PT')).toBe(dateIn('pt-BR', 'BR'))
    expect(dateIn('zh', 'TW')).toBe(dateIn('zh', 'CN'))
  })
})
