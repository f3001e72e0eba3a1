import { describe, expect, test } from 'vitest'
import { chooseLanguage } from '../../lib/pages/reader.ts'
import { directionOf } from '../../lib/pages/texts/formats.ts'
import { createBrowser, type Page } from '../support/browser.ts'
import { useServer } from '../support/server.ts'

const server = useServer()

async function ask(uiLocales?: string, acceptLanguage?: string): Promise<Page> {
  const query = new URLSearchParams({ client_id: 'unknown' })
  if (uiLocales !== undefined) query.set('ui_locales', uiLocales)
  return createBrowser().go(`${server.issuer}/oauth/authorize?${query.toString()}`, {
    headers: acceptLanguage === undefined ? {} : { 'accept-language': acceptLanguage },
  })
}

const languageOf = ({ headers, text, status }: Page): string => {
  expect(status).toBe(400)
  const [, lang = ''] = /<html lang="([^"]*)" dir="ltr">/.exec(text) ?? []
  expect(headers.get('content-language')).toBe(lang)
  expect(headers.get('vary')).toContain('Accept-Language')
  return lang
}

const long = (part: string, length: number): string =>
  part.repeat(Math.ceil(length / part.length)).slice(0, length)

describe('ui_locales chooses the language', () => {
  test.each([
    ['da', 'da'],
    ['de', 'de'],
    ['DE', 'de'],
    ['de-CH', 'de'],
    ['pt-BR', 'pt'],
    ['fr-Latn-CA', 'fr'],
    ['de-CH-1996', 'de'],
    ['en-GB', 'en'],
    ['nb', 'nb'],
    ['nb-NO', 'nb'],
    ['no', 'nb'],
    ['nn', 'nb'],
    ['nn-NO', 'nb'],
    ['fi sv', 'fi'],
    ['xx fi sv', 'fi'],
    ['zh-Hant-TW sv', 'sv'],
    ['  sv  ', 'sv'],
    // As people write them who know them from their system, or from Accept-Language.
    ['da_DK', 'da'],
    ['de_CH', 'de'],
    ['NB_no', 'nb'],
    ['no_NO', 'nb'],
    ['pt_BR.UTF-8', 'pt'],
    ['de_DE@euro', 'de'],
    ['C.UTF-8 sv', 'sv'],
    ['da,en', 'da'],
    ['da, en', 'da'],
    ['xx,fi', 'fi'],
    ['xx_YY,de_CH', 'de'],
    ['da-DK,da;q=0.9,en;q=0.8', 'da'],
    ['xx;q=1,sv;q=0.5', 'sv'],
    ['sv\tda', 'sv'],
    // What is not there, or is no language, is left to the header.
    ['xx', 'it'],
    ['', 'it'],
    ['*', 'it'],
    ['-', 'it'],
    ['../../etc/passwd', 'it'],
    ['__proto__ constructor toString', 'it'],
    ['\u0000', 'it'],
    ['日本語 🥐', 'it'],
    ['"><script>', 'it'],
    ['x da', 'da'],
    [long('x', 3000), 'it'],
    [`de-${long('x-', 3000)}`, 'it'],
    [long('xx ', 3000), 'it'],
    [`${long('xx ', 3000)}da`, 'da'],
  ])('%j', async (uiLocales, language) => {
    expect(languageOf(await ask(uiLocales, 'it'))).toBe(language)
  })

  test('but not when it is there twice', async () => {
    const url = `${server.issuer}/oauth/authorize?client_id=unknown&ui_locales=da&ui_locales=de`
    const page = await createBrowser().go(url, { headers: { 'accept-language': 'it' } })
    expect(languageOf(page)).toBe('it')
  })
})

describe('without it Accept-Language does', () => {
  test.each([
    ['es', 'es'],
    ['es-MX', 'es'],
    ['ES', 'es'],
    ['nn', 'nb'],
    ['no', 'nb'],
    ['nb-NO,nb;q=0.9,no;q=0.8,nn;q=0.7,en;q=0.6', 'nb'],
    ['nn-NO, da;q=0.9', 'nb'],
    ['de-AT,de;q=0.9,en;q=0.8', 'de'],
    ['ja, nl;q=0.5', 'nl'],
    ['en;q=0.5, fi;q=0.6', 'fi'],
    ['fr;q=0, pt;q=0.1', 'pt'],
    ['*', 'en'],
    ['ja', 'en'],
    ['en;q=0', 'en'],
    ['da;q=abc', 'en'],
    ['', 'en'],
    [';;;,,,q=1', 'en'],
    ['__proto__', 'en'],
    ['../../etc/passwd', 'en'],
    [long('de,', 900), 'de'],
    [long('de,', 12_000), 'en'],
    [long('a-', 12_000), 'en'],
    [undefined, 'en'],
  ])('%j', async (header, language) => {
    expect(languageOf(await ask(undefined, header))).toBe(language)
  })
})

describe('a language that a host adds', () => {
  const accepts = (header: string): Parameters<typeof chooseLanguage>[2] =>
    ({ get: () => header, acceptsLanguages: () => [] }) as never

  test.each([
    ['pt-BR', 'pt-BR'],
    ['pt-PT', 'pt'],
    ['pt-br', 'pt-BR'],
    ['nn', 'nn'],
    ['no', 'nb'],
    ['zh-Hant-HK', 'zh-Hant'],
    ['zh-Hans', 'en'],
  ])('is found by %s as %s', (wish, language) => {
    const languages = ['en', 'pt', 'pt-BR', 'nb', 'nn', 'zh-Hant']
    expect(chooseLanguage(languages, wish, accepts('')).language).toBe(language)
  })

  test.each([
    ['ar', 'rtl'],
    ['he', 'rtl'],
    ['fa-IR', 'rtl'],
    ['ur', 'rtl'],
    ['az-Arab', 'rtl'],
    ['az', 'ltr'],
    ['ja', 'ltr'],
    ['ar-Latn', 'ltr'],
  ])('is written the way its people write: %s is %s', (language, direction) => {
    expect(directionOf(language)).toBe(direction)
  })
})

test('is chosen with little work, however much is sent', () => {
  const languages = ['en', 'da', 'nb']
  const get = () => long('a-', 16_000)
  const before = process.cpuUsage()
  for (const wish of [long('x-', 16_000), long('x ', 16_000), long(' ', 16_000)]) {
    chooseLanguage(languages, wish, { get, acceptsLanguages: () => [] } as never)
  }
  // Work, in microseconds: other processes do not count.
  expect(process.cpuUsage(before).user).toBeLessThan(200_000)
})
