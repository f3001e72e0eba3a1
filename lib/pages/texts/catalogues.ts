import { bundledLocales, readLocaleFiles } from './locale-files.ts'

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
