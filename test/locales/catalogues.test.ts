import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { pleoScopes } from '../../lib/index.ts'
import { loadCatalogues, placeholdersOf, toPluralPath } from '../../lib/pages/texts/catalogues.ts'

const catalogues = loadCatalogues([])
const languages = ['en', 'da', 'sv', 'nb', 'de', 'nl', 'fr', 'es', 'it', 'fi', 'pt']
const others = languages.filter((language) => language !== 'en')
const textsOf = (language: string): ReadonlyMap<string, string> =>
  catalogues.get(language) ?? new Map<string, string>()

/** The paths a language needs: those of the English texts, with the plural forms of the language in place of the English ones. */
function neededPaths(language: string): readonly string[] {
  const { pluralCategories } = new Intl.PluralRules(language).resolvedOptions()
  const needed = [...textsOf('en').keys()].flatMap((path) => {
    const base = toPluralPath(path)
    return base === undefined ? [path] : pluralCategories.map((form) => `${base}_${form}`)
  })
  return [...new Set(needed)].toSorted()
}

const gapsOf = (language: string): readonly string[] =>
  neededPaths(language).filter((path) => !textsOf(language).has(path))

const placeholdersAt = (language: string, path: string): readonly string[] =>
  placeholdersOf(textsOf(language).get(path) ?? '').toSorted()

describe('the bundled texts', () => {
  test('are there in eleven languages, English first', () => {
    expect([...catalogues.keys()].toSorted()).toEqual(languages.toSorted())
    expect([...catalogues.keys()][0]).toBe('en')
  })

  test('have no gap in any language', () => {
    const gaps = Object.fromEntries(languages.map((language) => [language, gapsOf(language)]))
    expect(gaps).toEqual(Object.fromEntries(languages.map((language) => [language, []])))
  })

  test.each(others)('in %s have nothing that is nowhere needed', (language) => {
    const needed = new Set(neededPaths(language))
    expect([...textsOf(language).keys()].filter((path) => !needed.has(path))).toEqual([])
  })

  test.each(others)('in %s take the same names and dates as in English', (language) => {
    for (const path of textsOf(language).keys()) {
      const base = toPluralPath(path)
      const english = placeholdersAt('en', base === undefined ? path : `${base}_other`)
      expect.soft(placeholdersAt(language, path), path).toEqual(english)
    }
  })

  test.each(others)('in %s are translated, and not left in English', (language) => {
    const same = [...textsOf(language)].filter(([path, text]) => textsOf('en').get(path) === text)
    // Words that two languages share.
    expect(same.length).toBeLessThan(12)
    expect(same.filter(([, text]) => text.split(' ').length > 3)).toEqual([])
  })

  test.each(languages)('in %s are clean: no blanks around them, no markup', (language) => {
    for (const [path, text] of textsOf(language)) {
      // French has a no-break space in front of a colon, even if the text begins with it.
      expect.soft(text, path).not.toMatch(/^[^\S\u00A0]|\s$/)
      expect.soft(text, path).not.toMatch(/[<>&]| {2}|\$t\(/)
      expect.soft(text.replaceAll(/\{\{\w+\}\}/g, ''), path).not.toMatch(/[{}]/)
    }
  })

  test.each(languages)('in %s end with a full stop where the English ones do', (language) => {
    for (const [path, text] of textsOf(language)) {
      const base = toPluralPath(path)
      const english = textsOf('en').get(base === undefined ? path : `${base}_other`) ?? ''
      expect.soft(text.endsWith('.'), path).toBe(english.endsWith('.'))
      // Two sentences are no label.
      expect.soft(/[.!?] \p{Lu}/u.test(text) && !/[.!?]$/.test(text), path).toBe(false)
    }
  })

  test.each(languages)('in %s keep a hyphen with the word that it begins', (language) => {
    const broken = [...textsOf(language)].filter(([, text]) => / -\p{L}/u.test(text))
    expect(broken).toEqual([])
  })

  // The label of the address has a line to itself, and programs that fill it in read it. What is to be copied goes into a mail.
  const isForPrograms = (path: string): boolean =>
    /^(?:login\.email|resources\..+|cannotConnect\.message\.(?!title).+)$/.test(path)

  test.each(languages)('in %s break no short word at its hyphen', (language) => {
    const halves = /(?<![\p{L}\u2011-])\p{L}{1,5}-\p{L}|\p{L}-\p{L}{1,5}(?!\p{L})/u
    const broken = [...textsOf(language)].filter(
      ([path, text]) => halves.test(text) && !isForPrograms(path),
    )
    expect(broken).toEqual([])
  })

  test.each(languages)('in %s have plain hyphens in what is read by programs', (language) => {
    const joined = [...textsOf(language)].filter(
      ([path, text]) => text.includes('\u2011') && isForPrograms(path),
    )
    expect(joined).toEqual([])
  })

  test.each(languages)('in %s have one spelling of email', (language) => {
    const all = [...textsOf(language).values()].join('\n').toLowerCase()
    const texts = all.replaceAll('\u2011', '-')
    const spellings = new Set(texts.match(/e-?(?:mail|post)/g) ?? [])
    expect(spellings.size).toBeLessThan(2)
  })

  test('in English are spelled for people with en-GB, too', () => {
    // Except for "organization": that is the word of the API.
    const elsewhere =
      /e-mail|color|favor|behavior|center|canceled|license|catalog\b|\w{3}[iy]z(?:e|ed|ing)\b/i
    for (const [path, text] of textsOf('en')) expect.soft(text, path).not.toMatch(elsewhere)
  })

  test('say what every scope is, and what it is about', () => {
    const scopes = Object.keys(pleoScopes)
    for (const scope of scopes) {
      expect(textsOf('en').get(`scopes.${scope}`)).toBe(pleoScopes[scope]?.description.en)
      expect(textsOf('en').get(`contains.${scope}`)).toBe(pleoScopes[scope]?.contains?.en)
      expect(textsOf('en').has(`resources.${scope.split(':')[0]}`)).toBe(true)
    }
    const paths = [...textsOf('en').keys()].filter((path) => path.startsWith('scopes.'))
    expect(paths).toEqual(scopes.map((scope) => `scopes.${scope}`))
  })
})

describe('the bundled templates', () => {
  const folder = new URL('../../views/', import.meta.url)
  const templates = readdirSync(folder)
    .filter((name) => name.endsWith('.njk'))
    .map((name) => [name, readFileSync(new URL(name, folder), 'utf8')] as const)

  test.each(templates)('%s has no words of its own but the name', (_, template) => {
    const text = template
      .replaceAll(/\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}/gs, '')
      .replaceAll(/<[^>]*>/g, '')
    expect(text.match(/\p{Letter}+/gu)?.filter((word) => word !== 'Pleo') ?? []).toEqual([])
    const attributes = template.match(/(?:aria-label|title|alt|placeholder)="(?!\{\{)[^"]+"/g) ?? []
    expect(attributes).toEqual([])
  })

  test.each(templates)('%s asks for no text that is not there', (_, template) => {
    const known = [...textsOf('en').keys()].map((path) => toPluralPath(path) ?? path)
    for (const [, path = ''] of template.matchAll(/'([a-z]\w*(?:\.[\w-]+)*\.[\w-]*)'/gi)) {
      if (path.endsWith('.njk')) continue
      const exists = path.endsWith('.')
        ? known.some((one) => one.startsWith(path))
        : known.includes(path)
      expect.soft(exists, path).toBe(true)
    }
  })
})
