import type { z } from 'zod'
import { StartError } from './start-error.ts'

/** Checks a value, or throws one line for each mistake: the path of the member, and what it must be. */
export function check<T>(schema: z.ZodType<T>, value: unknown, prefix: string): T {
  const result = schema.safeParse(value, { error: toWords })
  if (result.success) return result.data
  throw new StartError(result.error.issues.flatMap((issue) => toLines(issue, prefix)))
}

function toLines(issue: z.core.$ZodIssue, prefix: string): readonly string[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => `${prefix}${toPath([...issue.path, key])} is not a known member`)
  }
  const path = toPath(issue.path)
  return [`${prefix}${path}${path ? ' ' : ''}${issue.message}`]
}

function toWords(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.input === undefined) return 'is missing'
  if (issue.code === 'invalid_type') return `must be ${withArticle(issue.expected)}`
  if (issue.code === 'invalid_format') return `must be ${formats[issue.format] ?? issue.format}`
  if (issue.code === 'too_small') return 'must not be empty'
  return undefined
}

const formats: Readonly<Record<string, string>> = { uuid: 'a UUID', email: 'an email address' }

const withArticle = (word: string): string => `${/^[aeiou]/.test(word) ? 'an' : 'a'} ${word}`

/** `people[0].email` */
export function toPath(path: readonly PropertyKey[]): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '')
}
