import { z } from 'zod'
import type { ConfigurationIssue } from '../errors.ts'
import type { ScopeCatalogue } from '../pleo/scopes.ts'
import { isTimeZone } from './texts/time-zone.ts'
import { TextEncodingError } from '../validation/text-file.ts'
import { findTemplateMistakes } from '../workbench/check.ts'
import { checkLocales, isFolder } from './texts/check-locales.ts'
import { evenIfWrong } from '../validation/did-you-mean.ts'
import { toIssues } from '../validation/schema-issues.ts'
import type { ViewsOptions } from '../config/options.ts'
import { themeSchema } from './theme-schema.ts'

const folders = z
  .array(
    z
      .string({ error: 'must be a path' })
      .refine(isFolder, { error: 'must be a folder that exists' }),
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

/** What the options of the pages may be, each by itself. */
export const viewsSchema: z.ZodType = z.strictObject(members, { error: 'must be an object' })

/** Complains about every text and template that cannot be used, by file. */
export function checkViews(
  views: unknown,
  scopes: ScopeCatalogue | undefined,
  context: z.core.$RefinementCtx,
): void {
  checkLocales(memberOf(views, 'locales'), scopes, context)
  const complain = (path: readonly (string | number)[], message: string, code: string): void =>
    context.addIssue({ code: 'custom', path: [...path], message, params: { code } })
  const path = ['views', 'directories']
  try {
    for (const { code, directory, file, line, message } of findTemplateMistakes(
      toRightViews(views),
    )) {
      complain([...path, directory], `${file}:${line} ${message}`, code)
    }
  } catch (error) {
    if (!(error instanceof TextEncodingError)) throw error
    complain(path, error.message, 'invalid_encoding')
  }
}

/** Those that are right: what is wrong with one keeps nobody from looking at the others. */
function toRightViews(views: unknown): ViewsOptions {
  const right = Object.entries(members).filter(([name, schema]) => {
    const member = memberOf(views, name)
    return member !== undefined && schema.safeParse(member).success
  })
  return Object.fromEntries(right.map(([name]) => [name, memberOf(views, name)]))
}

const memberOf = (value: unknown, name: string): unknown =>
  (Object(value) as Readonly<Record<string, unknown>>)[name]

/** Every mistake in the options of the pages, the templates aside; and the options that are right. */
export function checkViewsOptions(views: unknown): {
  readonly issues: readonly ConfigurationIssue[]
  readonly right: ViewsOptions
} {
  const schema = z.strictObject({ views: viewsSchema }).superRefine((value, context) => {
    checkLocales(memberOf(value.views, 'locales'), undefined, context)
  }, evenIfWrong)
  const { error } = schema.safeParse({ views })
  const issues = error?.issues.flatMap((issue) => toIssues(issue, schema)) ?? []
  return { issues, right: toRightViews(views) }
}
