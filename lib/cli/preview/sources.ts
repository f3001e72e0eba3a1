import { existsSync, watch, type FSWatcher } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { readJsonFile } from '../../validation/json-file.ts'
import {
  checkViewsOptions,
  findTemplateMistakes,
  isFolder,
  isTimeZone,
  type TemplateMistake,
  type ViewsOptions,
} from '../../workbench/preview.ts'
import { Refusal, UsageError, toUnreadable } from '../terminal/refusals.ts'

/** The folders and files that the preview reads. */
export interface PreviewSources {
  readonly directories: readonly string[]
  /** The JSON file with the theme. */
  readonly theme?: string
  /** The JSON file with the locals. */
  readonly locals?: string
  /** Folders with texts. */
  readonly locales?: readonly string[]
  /** The time zone of dates. */
  readonly timeZone?: string
}

/** The result of reading the sources. */
export interface PreviewState {
  /** The valid options of the pages. */
  readonly options: ViewsOptions
  /** The problems of the other options, one line each. */
  readonly problems: readonly string[]
  readonly findings: readonly TemplateMistake[]
}

/** @throws {@link Refusal} if something is wrong that no change of a file corrects */
export function refuseWrongSource(sources: PreviewSources): void {
  const { directories, locales = [], theme, locals, timeZone } = sources
  if (timeZone !== undefined && !isTimeZone(timeZone))
    throw new UsageError(
      '--time-zone must be the name of a time zone (IANA), such as Europe/Copenhagen',
    )
  const folder = [...directories, ...locales].find((path) => !isFolder(path))
  if (folder !== undefined) throw new Refusal(`there is no folder ${resolve(folder)}`)
  const file = [theme, locals].find((path) => path !== undefined && !existsSync(path))
  if (file !== undefined) throw new Refusal(`there is no file ${resolve(file)}`)
}

/** Reads and checks the sources as the server does at its start. */
export function readSources(sources: PreviewSources): PreviewState {
  const { directories, locales = [], timeZone } = sources
  const problems: string[] = []
  const read = (path: string | undefined): unknown => {
    if (path === undefined) return undefined
    try {
      return readJsonFile(path)
    } catch (error) {
      problems.push(toUnreadable(path, error).message)
      return undefined
    }
  }
  const theme = withPicturesFrom(sources.theme, read(sources.theme))
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
    // A file can be missing for a moment while it is saved.
    return { options: right, problems: [...problems, String(error)], findings: [] }
  }
}

/** Resolves the paths of a theme's pictures against the folder of the theme file. */
function withPicturesFrom(file: string | undefined, theme: unknown): unknown {
  if (file === undefined || typeof theme !== 'object' || theme === null) return theme
  const { logo, icon } = theme as { readonly logo?: unknown; readonly icon?: unknown }
  return {
    ...theme,
    ...(typeof logo === 'string' && { logo: resolve(dirname(file), logo) }),
    ...(typeof icon === 'string' && { icon: resolve(dirname(file), icon) }),
  }
}

/** Programs save in several steps. Changes within this time, in milliseconds, count as one. */
const settling = 40

/** Calls `onChange` when a source changes. Returns a function that ends this. */
export function watchSources(
  sources: PreviewSources,
  { options }: PreviewState,
  onChange: () => void,
): () => void {
  const folders = [...sources.directories, ...(sources.locales ?? [])]
  const files = [sources.theme, sources.locals, options.theme?.logo, options.theme?.icon].filter(
    (file) => file !== undefined,
  )
  let timer: NodeJS.Timeout | undefined
  const settle = (): void => {
    clearTimeout(timer)
    timer = setTimeout(onChange, settling)
  }
  const watchers: readonly FSWatcher[] = [
    ...folders.filter(existsSync).map((folder) => watch(folder, { recursive: true }, settle)),
    // The folder, not the file, because a program can save by replacing the file.
    ...files
      .filter((file) => existsSync(dirname(file)))
      .map((file) =>
        watch(dirname(file), (_, name) => {
          if (name === null || name === basename(file)) settle()
        }),
      ),
  ]
  // A folder can be removed meanwhile. That must not end the preview.
  for (const watcher of watchers) watcher.on('error', settle)
  return () => {
    clearTimeout(timer)
    for (const watcher of watchers) watcher.close()
  }
}
