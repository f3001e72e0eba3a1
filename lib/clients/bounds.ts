import type { ConfigurationIssue } from '../errors.ts'
import { toScopeNames } from '../pleo/scopes.ts'
import { namesOf } from './metadata.ts'

/** How many members are looked at, with those that this server does not know: each of them may be a misspelled one. */
const mostMembers = 200

/** How many scopes a list may name, and in how many characters. */
const mostScopes = 500
const longestScope = 10_000

/** How many names a client may have, in all languages, and how long they may be in all. */
const mostNames = 20
const longestNames = 1000

/**
 * Finds what is too long to be looked at. It comes before everything that splits, normalizes or compares: a check must not
 * cost more than what is sent.
 */
export function findOversized(client: unknown): readonly ConfigurationIssue[] {
  const given = Object(client) as Readonly<Record<string, unknown>>
  if (Object.keys(given).length > mostMembers) {
    return [toIssue('client', 'too_many_members', `must have ${mostMembers} members at most`)]
  }
  return [
    ...['scope', 'optional_scope'].flatMap((member) => findOversizedScope(member, given[member])),
    ...findOversizedNames(namesOf(given).map(([, name]) => name)),
  ]
}

function findOversizedNames(names: readonly string[]): readonly ConfigurationIssue[] {
  if (names.length > mostNames) {
    const message = `has more than ${mostNames} names in all languages`
    return [toIssue('client_name', 'too_many_names', message)]
  }
  // The length of one name has a rule of its own.
  if (names.length === 1) return []
  const lengthOf = (text: string): number => text.length
  const isLong = [lengthOf, (text: string) => lengthOf(text.normalize('NFKC'))].some(
    (measure) => names.reduce((sum, name) => sum + measure(name), 0) > longestNames,
  )
  const message = `has more than ${longestNames} characters in all languages`
  return isLong ? [toIssue('client_name', 'too_big', message)] : []
}

function findOversizedScope(member: string, scope: unknown): readonly ConfigurationIssue[] {
  if (typeof scope !== 'string') return []
  if (scope.length > longestScope) {
    return [toIssue(member, 'too_big', `must have ${longestScope} characters at most`)]
  }
  const isTooMany = toScopeNames(scope).length > mostScopes
  return isTooMany ? [toIssue(member, 'too_big', `must name ${mostScopes} scopes at most`)] : []
}

const toIssue = (path: string, code: string, message: string): ConfigurationIssue => ({
  path,
  code,
  message,
})
