import { existsSync, statSync } from 'node:fs'
import type { z } from 'zod'
import { pleoScopes, type ScopeCatalogue } from '../../pleo/scopes.ts'
import { toHint } from '../../validation/did-you-mean.ts'
import { complain } from '../../validation/schemas.ts'
import {
  defaultLanguage,
  loadCatalogues,
  placeholdersOf,
  readLocaleFiles,
  toPluralPath,
  type LocaleFile,
} from './catalogues.ts'

/** Complains about every file of texts that cannot be used, and every text in it, each by file and path. */
export function checkLocales(
  views: unknown,
  scopes: ScopeCatalogue | undefined,
  context: z.core.$RefinementCtx,
): void {
  const { locales: folders } = Object(views) as { readonly locales?: unknown }
  if (!Array.isArray(folders) || folders.length === 0) return
  const right = folders.filter((folder) => typeof folder === 'string' && isFolder(folder))
  const own = toEnglish(right).filter(([path]) => path.startsWith(ownTexts))
  const known = toKnownTexts([...toEnglish([]), ...own], scopes)
  const problems = right.flatMap(readLocaleFiles).flatMap((file) => problemsOf(file, known))
  for (const problem of problems) {
    complain(context, 'invalid_locale', problem, ['views', 'locales'])
  }
}

/** Whether there is such a folder. */
export const isFolder = (path: string): boolean => existsSync(path) && statSync(path).isDirectory()

/** The beginning of the paths of a host's own texts, for its own templates. They must be there in English. */
const ownTexts = 'own.'

const toEnglish = (folders: readonly string[]): readonly (readonly [string, string])[] => [
  ...(loadCatalogues(folders).get(defaultLanguage) ?? []),
]

interface KnownText {
  readonly isPlural: boolean
  /** The placeholders that it may have. */
  readonly placeholders: readonly string[]
}

/** Every text there is, by its path without the plural category. */
function toKnownTexts(
  english: readonly (readonly [path: string, text: string])[],
  scopes: ScopeCatalogue | undefined,
): ReadonlyMap<string, KnownText> {
  const known = new Map<string, KnownText>()
  for (const [path, text] of english) {
    const base = toPluralPath(path)
    const others = known.get(base ?? path)?.placeholders ?? []
    const placeholders = [...new Set([...others, ...placeholdersOf(text)])]
    known.set(base ?? path, { isPlural: base !== undefined, placeholders })
  }
  // A host names its own scopes in its files, and what they are about.
  for (const scope of Object.keys({ ...pleoScopes, ...scopes })) {
    const resource = `resources.${scope.split(':')[0]}`
    for (const path of [`scopes.${scope}`, `contains.${scope}`, resource]) {
      known.set(path, { isPlural: false, placeholders: [] })
    }
  }
  return known
}

function problemsOf(
  { name, language, texts, problem: whole }: LocaleFile,
  known: ReadonlyMap<string, KnownText>,
): readonly string[] {
  const problems: string[] = []
  if (language === undefined) problems.push(`${name} is not named after a language tag (BCP 47)`)
  if (whole !== undefined) problems.push(`${name} ${whole}`)
  for (const [path, text] of texts ?? []) {
    const problem = problemOf(path, text, known)
    if (problem !== undefined) problems.push(`${name}: ${path} ${problem}`)
  }
  return problems
}

function problemOf(
  path: string,
  value: unknown,
  texts: ReadonlyMap<string, KnownText>,
): string | undefined {
  const form = texts.get(toPluralPath(path) ?? '')
  const text = texts.get(path) ?? (form?.isPlural ? form : undefined)
  if (!text) return `is not a text${toHint(path, [...texts.keys()])}`
  if (typeof value !== 'string' || value.trim() === '') return 'must be a text'
  // Every text may name the product.
  const known = [...text.placeholders, 'product']
  const wrong = placeholdersOf(value).find((name) => !known.includes(name))
  if (wrong === undefined) return undefined
  const allowed = text.placeholders.map((name) => `{{${name}}}`).join(', ')
  // Braces that nobody closes make a long one.
  const shown = wrong.replaceAll(/\s+/g, ' ').slice(0, 60)
  return `has the placeholder {{${shown}}}, which the English text does not have (it has ${allowed || 'none'})`
}
