import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { decodeText, TextEncodingError } from '../../validation/text-file.ts'

/** The texts of one language, by path: `consent.title`. */
export type Catalogue = ReadonlyMap<string, string>

/** The texts of every language there is, by language tag (BCP 47), English first. */
export type Catalogues = ReadonlyMap<string, Catalogue>

/** The language that a missing text falls back to. */
export const defaultLanguage = 'en'

/**
 * The bundled texts with those of the folders laid over them, first match first. Not checked here: what is
 * no text is left out.
 */
export function loadCatalogues(folders: readonly string[]): Catalogues {
  const catalogues = new Map<string, Map<string, string>>([[defaultLanguage, new Map()]])
  for (const { language, texts } of [bundledLocales, ...folders.toReversed()].flatMap(
    readLocaleFiles,
  )) {
    if (language === undefined || texts === undefined) continue
    const catalogue = catalogues.get(language) ?? new Map<string, string>()
    for (const [path, text] of texts) if (typeof text === 'string') catalogue.set(path, text)
    catalogues.set(language, catalogue)
  }
  return catalogues
}

const pluralCategories = ['zero', 'one', 'two', 'few', 'many', 'other']

/** The path of a text that has a form for each plural category, without the category. */
export function toPluralPath(path: string): string | undefined {
  const [, base, category = ''] = /^(.+)_([a-z]+)$/.exec(path) ?? []
  return pluralCategories.includes(category) ? base : undefined
}

/** What is put into a text: the names in its double braces. */
export const placeholdersOf = (text: string): readonly string[] =>
  [...text.matchAll(/\{\{(.*?)\}\}/gs)].map(([, name = '']) => name.trim())

/** One file of texts, as it stands in its folder. */
export interface LocaleFile {
  /** Its name, for example `de.json`. */
  readonly name: string
  /** The language tag (BCP 47) that its name is; undefined where the name is none. */
  readonly language: string | undefined
  /** What it holds by path (`consent.title`), not checked; undefined where it is no object in JSON. */
  readonly texts: ReadonlyMap<string, unknown> | undefined
  /** Why it holds nothing. */
  readonly problem?: string
}

/** Where the bundled texts are. */
const bundledLocales: string = fileURLToPath(
  new URL('.', import.meta.resolve('#views/locales/en.json')),
)

/** Every file of texts in a folder, by name. */
export function readLocaleFiles(folder: string): readonly LocaleFile[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .toSorted()
    .map((name) => ({
      name,
      language: toLanguageTag(name.slice(0, -'.json'.length)),
      ...readTexts(join(folder, name)),
    }))
}

function toLanguageTag(name: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(name)[0]
  } catch {
    return undefined
  }
}

function readTexts(path: string): Pick<LocaleFile, 'texts' | 'problem'> {
  let problem = 'must hold an object in JSON'
  try {
    const content: unknown = JSON.parse(decodeText(readFileSync(path)))
    if (isSection(content)) return { texts: new Map(toEntries(content, '')) }
  } catch (error) {
    if (error instanceof TextEncodingError) problem = error.message
  }
  return { texts: undefined, problem }
}

/** Sections within sections become paths: a scope may have any letter in its name, so nothing splits them again. */
function toEntries(section: object, prefix: string): readonly (readonly [string, unknown])[] {
  return Object.entries(section).flatMap(([name, value]: [string, unknown]) =>
    isSection(value)
      ? toEntries(value, `${prefix}${name}.`)
      : [[`${prefix}${name}`, value] as const],
  )
}

const isSection = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
