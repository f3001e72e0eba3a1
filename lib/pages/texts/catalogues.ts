import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { JsonTextError, parseJson } from '../../validation/json-file.ts'
import { decodeText, TextEncodingError } from '../../validation/text-file.ts'

/** The texts of every language there is, by language tag (BCP 47), English first; within it by path: `consent.title`. */
export type Catalogues = ReadonlyMap<string, ReadonlyMap<string, string>>

/** The language that a missing text falls back to. */
export const defaultLanguage = 'en'

/**
 * The bundled texts with those of the folders laid over them, first match first. They are not checked here: a value
 * that is not a text is left out.
 */
export function loadCatalogues(folders: readonly string[]): Catalogues {
  const catalogues = new Map<string, Map<string, string>>([[defaultLanguage, new Map()]])
  const files = [bundledLocales, ...folders.toReversed()].flatMap(readLocaleFiles)
  for (const { language, texts } of files) {
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

/** The placeholders of a text: the names in its double braces. */
export const placeholdersOf = (text: string): readonly string[] =>
  [...text.matchAll(/\{\{(.*?)\}\}/gs)].map(([, name = '']) => name.trim())

/** One file of texts in a folder. */
export interface LocaleFile {
  /** Its name, for example `de.json`. */
  readonly name: string
  /** The language tag (BCP 47) in its name; undefined if the name is not a language tag. */
  readonly language: string | undefined
  /** Its texts by path (`consent.title`), not checked; undefined if it is not an object in JSON. */
  readonly texts: ReadonlyMap<string, unknown> | undefined
  /** The reason why it has no texts. */
  readonly problem?: string
}

/** The folder of the bundled texts. */
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
    const content: unknown = parseJson(decodeText(readFileSync(path)))
    if (isSection(content)) return { texts: new Map(toEntries(content, '')) }
  } catch (error) {
    const isAboutText = error instanceof TextEncodingError || error instanceof JsonTextError
    const { code, message } = error as NodeJS.ErrnoException
    problem = isAboutText ? message : `cannot be read (${code ?? message})`
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
