import { resolve } from 'node:path'
import { z } from 'zod'
import type { ConfigurationIssue } from '../errors.ts'
import { isTimeZone } from './reader.ts'
import { checkLocales, isFolder } from './texts/check-locales.ts'
import { evenIfWrong, toIssues } from '../validation/schemas.ts'
import type { Page } from './page-data.ts'
import type { Theme } from './theme.ts'
import { themeSchema } from './theme-schema.ts'

const folders = z
  .array(
    z.string({ error: 'must be a path' }).refine(isFolder, {
      error: ({ input }) => `must be a folder that exists (tried ${resolve(String(input))})`,
    }),
    { error: 'must be an array of folders' },
  )
  .optional()

const isPlainObject = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  [Object.prototype, null].includes(Object.getPrototypeOf(value) as object | null)

const members = {
  directories: folders,
  locals: z.custom<object>(isPlainObject, { error: 'must be a plain object' }).optional(),
  theme: themeSchema.optional(),
  locales: folders,
  timeZone: z
    .custom<string>(isTimeZone, {
      error: 'must be the name of a time zone (IANA), such as Europe/Copenhagen',
    })
    .optional(),
}

/** The rules for the options of the pages, each by itself. */
export const viewsSchema: z.ZodType = z.strictObject(members, { error: 'must be an object' })

/** A mistake in a template of the host. */
export interface TemplateMistake {
  /** The kind of mistake; stable, for programs. */
  readonly code: string
  /** The index of the host's folder that the file is in. */
  readonly directory: number
  /** The file, below its folder. */
  readonly file: string
  readonly line: number
  readonly message: string
  /** The pages that it spoils; empty for a file that no page uses. */
  readonly pages: readonly Page[]
}

/** Finds every mistake in the templates of a host. The workbench has the function: without templates of the host, nothing loads it. */
export type FindTemplateMistakes = (options: ViewsOptions) => readonly TemplateMistake[]

/** The mistakes in the templates of a host, as issues of its options. */
export function findTemplateIssues(
  views: unknown,
  findMistakes: FindTemplateMistakes,
): readonly ConfigurationIssue[] {
  const right = toRightViews(views)
  const path = 'views.directories'
  if (!right.directories || right.directories.length === 0) return []
  try {
    return findMistakes(right).map(({ code, directory, file, line, message }) => ({
      path: `${path}[${directory}]`,
      code,
      message: `${file}:${line} ${message}`,
    }))
  } catch (error) {
    // By its name, as a module that is loaded on demand may have a class of its own.
    if (!(error instanceof Error) || error.name !== 'TextEncodingError') throw error
    return [{ path, code: 'invalid_encoding', message: error.message }]
  }
}

/** Returns the options that are right. They are checked further, even if another one is wrong. */
function toRightViews(views: unknown): ViewsOptions {
  const given = Object(views) as Readonly<Record<string, unknown>>
  return Object.fromEntries(
    Object.entries(members)
      .filter(([name, schema]) => name in given && schema.safeParse(given[name]).success)
      .map(([name]) => [name, given[name]]),
  )
}

/** Every mistake in the options of the pages, the templates aside; and the options that are right. */
export function checkViewsOptions(views: unknown): {
  readonly issues: readonly ConfigurationIssue[]
  readonly right: ViewsOptions
} {
  const schema = z.strictObject({ views: viewsSchema }).superRefine((value, context) => {
    checkLocales(value.views, undefined, context)
  }, evenIfWrong)
  const { error } = schema.safeParse({ views })
  const issues = error?.issues.flatMap((issue) => toIssues(issue, schema)) ?? []
  return { issues, right: toRightViews(views) }
}

/** The pages people see. */
export interface ViewsOptions {
  /**
   * Folders whose files replace ours of the same name, first match first: templates, the style sheet
   * `styles.css`, and the script `script.js`, which no page needs. A template can extend ours to replace
   * single blocks of it: `{% extends 'pleo/consent.njk' %}`; a style sheet can begin with ours, to add to it:
   * `@import 'pleo/styles.css';`. `PageData` says which data each page has, and
   * `CommonData` which data every page has. There is nothing else.
   *
   * Checked when the server is created, by drawing every page in each of its states. A template is refused, by file and line, if
   * it cannot be drawn, names something that does not exist, or lacks something that the page needs.
   *
   * @defaultValue none
   */
  readonly directories?: readonly string[]

  /**
   * The value of `locals` in the templates of the host, on every page.
   *
   * @defaultValue nothing
   */
  readonly locals?: Readonly<Record<string, unknown>>

  /**
   * Colours, corners, fonts, logo and product name.
   *
   * @defaultValue ours
   */
  readonly theme?: Theme

  /**
   * Folders with files `<language>.json` (language tags, BCP 47) whose texts replace ours at the same path, or
   * add a language, first match first. If a file leaves out a text, pages have it in English. Texts for templates of the
   * host's own have paths that begin with `own.`, and must be there in English. Checked when the server is
   * created: a path or a placeholder that the English texts do not have is refused.
   *
   * @defaultValue none
   */
  readonly locales?: readonly string[]

  /**
   * The time zone of dates on pages, for people whose {@link Account.timeZone} the host does not know: an IANA name, such as
   * `Europe/Copenhagen`.
   *
   * @defaultValue none: such a date has the time, in UTC, and says so
   */
  readonly timeZone?: string
}
