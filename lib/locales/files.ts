import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** One file of texts, as it stands in its folder. */
export interface LocaleFile {
  /** Its name, for example `de.json`. */
  readonly name: string
  /** The language tag (BCP 47) that its name is; undefined where the name is none. */
  readonly language: string | undefined
  /** What it holds by path (`consent.title`), not checked; undefined where it is no object in JSON. */
  readonly texts: ReadonlyMap<string, unknown> | undefined
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
      texts: readTexts(join(folder, name)),
    }))
}

function toLanguageTag(name: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(name)[0]
  } catch {
    return undefined
  }
}

function readTexts(path: string): ReadonlyMap<string, unknown> | undefined {
  try {
    const content: unknown = JSON.parse(readFileSync(path, 'utf8'))
    return isSection(content) ? new Map(toEntries(content, '')) : undefined
  } catch {
    return undefined
  }
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
