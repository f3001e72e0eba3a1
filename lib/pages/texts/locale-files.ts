import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { decodeText, TextEncodingError } from '../../validation/text-file.ts'

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
export const bundledLocales: string = fileURLToPath(
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
