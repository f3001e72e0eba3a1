import { z } from 'zod'
import type { ConfigurationIssue } from '../errors.ts'
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
  if (issue.code === 'invalid_key') {
    return [
      {
        path: toPath(issue.path),
        code: 'invalid_key',
        message: issue.issues[0]?.message ?? issue.message,
      },
    ]
  }
  const code: unknown = issue.code === 'custom' ? issue.params?.['code'] : undefined
  return [
    {
      path: toPath(issue.path),
      code: typeof code === 'string' ? code : issue.code,
      message: issue.message,
    },
  ]
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
