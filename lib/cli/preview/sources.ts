import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { ViewsOptions } from '../../config/options.ts'
import { checkViewsOptions } from '../../config/views-schema.ts'
import { isFolder } from '../../config/check-locales.ts'
import { isTimeZone } from '../../locales/time-zone.ts'
import { readTextFile, TextEncodingError } from '../../text-file.ts'
import { findTemplateMistakes, type Finding } from '../../views/check.ts'

/** What the pages are made of. */
export interface PreviewSources {
  readonly directories: readonly string[]
  /** A file with the theme. */
  readonly theme?: string
  /** A file with the locals. */
  readonly locals?: string
  /** Folders with texts. */
  readonly locales?: readonly string[]
  /** The time zone of dates. */
  readonly timeZone?: string
}

/** What is made of them. */
export interface PreviewState {
  /** The options of the pages: those that are right. */
  readonly options: ViewsOptions
  /** What is wrong with the others, a line each. */
  readonly problems: readonly string[]
  readonly findings: readonly Finding[]
}

/** Why these cannot be previewed at all: what no change of a file makes right. */
export function findWrongSource(sources: PreviewSources): string | undefined {
  const { directories, locales = [], theme, locals, timeZone } = sources
  if (timeZone !== undefined && !isTimeZone(timeZone))
    return '--time-zone must be the name of a time zone (IANA), such as Europe/Copenhagen'
  const folder = [...directories, ...locales].find((path) => !isFolder(path))
  if (folder !== undefined) return `there is no folder ${folder}`
  const file = [theme, locals].find((path) => path !== undefined && !existsSync(path))
  return file === undefined ? undefined : `there is no file ${file}`
}

/** Reads everything, as the server does when it is created. */
export function readSources(sources: PreviewSources): PreviewState {
  const { directories, locales = [], timeZone } = sources
  const problems: string[] = []
  const read = (path: string | undefined): unknown => {
    if (path === undefined) return undefined
    try {
      return JSON.parse(readTextFile(path)) as unknown
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      problems.push(error instanceof TextEncodingError ? message : `${path}: ${message}`)
      return undefined
    }
  }
  const theme = withLogoFrom(sources.theme, read(sources.theme))
  const locals = read(sources.locals)
  const { issues, right } = checkViewsOptions({
    directories,
    locales,
    ...(theme !== undefined && { theme }),
    ...(locals !== undefined && { locals }),
    ...(timeZone !== undefined && { timeZone }),
  })
  problems.push(...issues.map(({ path, message }) => `${path}: ${message}`))
  try {
    return { options: right, problems, findings: findTemplateMistakes(right) }
  } catch (error) {
    // What is being saved may be gone for a moment.
    return { options: right, problems: [...problems, String(error)], findings: [] }
  }
}

/** A path in a file is one from where the file is. */
function withLogoFrom(file: string | undefined, theme: unknown): unknown {
  if (file === undefined || typeof theme !== 'object' || theme === null) return theme
  const { logo } = theme as { readonly logo?: unknown }
  return typeof logo === 'string' ? { ...theme, logo: resolve(dirname(file), logo) } : theme
}

/** Where something may change: folders with all that is in them, and files. */
export function listWatched(
  sources: PreviewSources,
  { options }: PreviewState,
): { readonly folders: readonly string[]; readonly files: readonly string[] } {
  const files = [sources.theme, sources.locals, options.theme?.logo]
  return {
    folders: [...sources.directories, ...(sources.locales ?? [])],
    files: files.filter((file) => file !== undefined),
  }
}
