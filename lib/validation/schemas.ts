import { z } from 'zod'
import { mostFindings, type ConfigurationIssue } from '../errors.ts'
import { nearestName } from './did-you-mean.ts'

/**
 * Complains in a check of the validator.
 *
 * @param code - one of our own; {@link toIssues} reports it
 * @param path - the place of the mistake, below the value that is checked
 */
export function complain(
  context: z.core.$RefinementCtx,
  code: string,
  message: string,
  path: PropertyKey[] = [],
): void {
  context.addIssue({ code: 'custom', path, message, params: { code } })
}

/** Runs a check of an object or array although a member is wrong, so that every mistake is found at once. */
export const evenIfWrong = {
  when: ({ value }: { readonly value: unknown }): boolean =>
    typeof value === 'object' && value !== null,
}

/** Complains about members that are spelled nearly like a known one. Other unknown members pass. */
export function refuseMisspelled(
  value: object,
  known: readonly string[],
  context: z.core.$RefinementCtx,
): void {
  // A language tag makes a name of its own (RFC 7591, Section 2.2).
  const unknown = Object.keys(value).filter((key) => !known.includes(key) && !key.includes('#'))
  for (const name of unknown) {
    if (context.issues.length > mostFindings) return
    const meant = nearestName(name, known)
    if (meant === undefined) continue
    const message = `is not known (did you mean "${meant}"?)`
    complain(context, 'unknown_option', message, [name])
  }
}

/** The content of a list in words, and its longest length. */
export interface ListRules {
  readonly of: string
  readonly most: number
}

type Check = (values: readonly unknown[], context: z.core.$RefinementCtx) => void

/** A list. If it is too long, that is the only finding, and its items are not checked. */
export const listOf = <T>(
  schema: z.ZodType<T>,
  { of, most }: ListRules,
  check: Check = () => undefined,
): z.ZodType<readonly T[]> =>
  z
    .array(z.unknown(), { error: `must be an array of ${of}` })
    .max(most, { error: `must hold ${most} at most` })
    .pipe(z.array(schema).superRefine(check, evenIfWrong))

/**
 * A list without duplicates.
 *
 * @param toKey - two items are duplicates if their keys are equal
 */
export const listOfUnique = <T>(
  schema: z.ZodType<T>,
  rules: ListRules,
  toKey: (value: unknown) => unknown = (value) => value,
): z.ZodType<readonly T[]> =>
  listOf(schema, rules, (values, context) => {
    const keys = values.map((value) => toKey(value))
    for (const [index, key] of keys.entries()) {
      if (keys.indexOf(key) === index) continue
      const isSame = values.indexOf(values[index]) < index
      const message = isSame ? 'is given twice' : 'is given twice, in two spellings'
      complain(context, 'duplicate', message, [index])
    }
  })

/** Words a mistake that the validator found, without the value. */
export function toIssues(
  issue: z.core.$ZodIssue,
  options: z.core.$ZodType,
): readonly ConfigurationIssue[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const near = nearestName(key, knownKeys(issue.path, options))
      const elsewhere = pathsTo(key, options)
      const meant = elsewhere.length > 0 ? elsewhere : near === undefined ? [] : [near]
      const names = meant.map((name) => `"${name}"`).join(' or ')
      const hint = names === '' ? '' : ` (did you mean ${names}?)`
      return {
        path: toPath([...issue.path, key]),
        code: 'unknown_option',
        message: `is not an option${hint}`,
      }
    })
  }
  if (issue.code === 'invalid_union') {
    // The branch that got furthest has the most exact message.
    const branches = issue.errors.toSorted((a, b) => depth(b) - depth(a))
    return (branches[0] ?? []).flatMap((inner) =>
      toIssues({ ...inner, path: [...issue.path, ...inner.path] }, options),
    )
  }
  const own: unknown = issue.code === 'custom' ? issue.params?.['code'] : undefined
  const code = typeof own === 'string' ? own : issue.code
  const { message } = (issue.code === 'invalid_key' && issue.issues[0]) || issue
  return [{ path: toPath(issue.path), code, message }]
}

const depth = (issues: readonly z.core.$ZodIssue[]): number =>
  issues.reduce((deepest, { path }) => Math.max(deepest, path.length), 0)

function toPath(path: readonly PropertyKey[]): string {
  const whole = path.reduce<string>(
    (joined, part) => joined + (typeof part === 'number' ? `[${part}]` : `.${String(part)}`),
    '',
  )
  return whole.replace(/^\./, '') || 'options'
}

/** The names that are allowed at the place of an unknown one. */
function knownKeys(path: readonly PropertyKey[], options: z.core.$ZodType): readonly string[] {
  let schema: z.core.$ZodType = options
  for (const part of path) {
    schema = unwrap(schema)
    if (schema instanceof z.ZodObject) schema = schema.shape[String(part)] ?? schema
    else if (schema instanceof z.ZodRecord) schema = schema.valueType
    else if (schema instanceof z.ZodArray) schema = schema.element
  }
  schema = unwrap(schema)
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : []
}

/** Where among the options a member has that name. */
function pathsTo(name: string, schema: z.core.$ZodType, path = ''): readonly string[] {
  const inner = unwrap(schema)
  if (!(inner instanceof z.ZodObject)) return []
  return Object.entries(inner.shape).flatMap(([member, of]) => {
    const here = path + member
    return [...(member === name ? [here] : []), ...pathsTo(name, of, `${here}.`)]
  })
}

const unwrap = (schema: z.core.$ZodType): z.core.$ZodType =>
  schema instanceof z.ZodOptional ? schema.unwrap() : schema
