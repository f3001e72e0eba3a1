import type { ConfigurationIssue } from '../errors.ts'
import { toScopeNames } from '../pleo/scopes.ts'
import { namesOf } from './names.ts'
import { findMember, type ClientMetadata, type LocalizedMember } from './members.ts'

/**
 * Returns a client without the members that are `null` or empty: they count as left out. Returns any other value as it is.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7592.html#section-2.2 RFC 7592, Section 2.2}
 */
export const withoutEmpty = <T>(client: T): T =>
  typeof client === 'object' && client !== null && !Array.isArray(client)
    ? (Object.fromEntries(
        Object.entries(client).filter(([, value]) => value !== null && value !== ''),
      ) as T)
    : client

/** The members of a client that the table of `members.ts` knows, with each scope once. The server makes id and secret. */
export const toKnownMembers = (client: object): Omit<ClientMetadata, 'client_id'> =>
  withPlainScopes(
    Object.fromEntries(
      Object.entries(client).filter(([name, value]) => {
        const [member = '', tag] = name.split('#')
        const rules = findMember(member)
        const isKnown = tag === undefined ? rules && rules.by !== 'server' : rules?.isLocalized
        return isKnown === true && value !== undefined
      }),
    ),
  )

/** The client with each scope once, and one space between two of them. A list without a scope counts as left out. */
export const withPlainScopes = <Client extends object>(client: Client): Client =>
  Object.fromEntries(
    Object.entries(client)
      .map(([name, value]) => [name, isScopes(name) ? toPlainScopes(value) : value] as const)
      .filter(([name, value]) => !(isScopes(name) && value === '')),
  ) as Client

const isScopes = (member: string): boolean => member === 'scope' || member === 'optional_scope'

const toPlainScopes = (scopes: unknown): unknown =>
  typeof scopes === 'string' ? [...new Set(toScopeNames(scopes))].join(' ') : scopes

/** The members of a client, as it sent them: of any type. */
export type Sent = { readonly [Name in keyof ClientMetadata]?: unknown }

/** The kind of subject of a client, in the form of its registration. */
export const subjectTypeOf = ({ subject_type_preference: type }: Sent): unknown => type ?? 'company'

/** The members of a client that people and codes trust, by their names. */
export const trustedMembersOf = (
  client: object,
): readonly (readonly [name: string, value: unknown])[] =>
  Object.entries(client)
    .filter(([name]) => findMember(name.split('#')[0] ?? '')?.isTrusted)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))

/** Whether people and codes trust a client for the same as before. With fewer scopes, nobody has to look at it again. */
export const isTrustedAs = (before: Sent, client: Sent): boolean =>
  trustedOf(client) === trustedOf(before) && !isWider(client, before)

const trustedOf = ({ application_type: type = 'web', ...client }: Sent): string => {
  const whole = {
    ...client,
    application_type: type,
    subject_type_preference: subjectTypeOf(client),
  }
  return JSON.stringify(trustedMembersOf(whole).filter(([name]) => !isScopes(name)))
}

/** Whether people grant a client more than before, or can leave out less of it. */
const isWider = (metadata: Sent, current: Sent): boolean =>
  [({ scope }: Sent) => toScopeNames(scope), requiredOf].some((scopesOf) => {
    const before = scopesOf(current)
    return scopesOf(metadata).some((name) => !before.includes(name))
  })

const requiredOf = ({ scope, optional_scope: optional }: Sent): readonly string[] =>
  toScopeNames(scope).filter((name) => !toScopeNames(optional).includes(name))

/**
 * Returns a member in the language of a reader, with or without its region, or with another one. Returns `undefined` if the client
 * registered nothing for that language: then the member without a tag counts.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7591.html#section-2.2 RFC 7591, Section 2.2}
 */
export function localizedFor(
  localized: unknown,
  member: LocalizedMember,
  language: string,
): string | undefined {
  const wanted = language.toLowerCase()
  const texts = Object.entries(Object(localized) as object)
    .filter(([name, text]) => name.startsWith(`${member}#`) && typeof text === 'string')
    .map(([name, text]) => [name.slice(member.length + 1).toLowerCase(), String(text)] as const)
  const found =
    texts.find(([tag]) => tag === wanted) ??
    texts.find(([tag]) => wanted.startsWith(`${tag}-`)) ??
    texts.find(([tag]) => tag.startsWith(`${wanted}-`))
  return found?.[1]
}

/** How many members a client may have. Unknown ones count too, because each may be a misspelled one. */
const mostMembers = 200

/** How many scopes a list may name, and in how many characters. */
const mostScopes = 500
const longestScope = 10_000

/** How many names a client may have, in all languages, and how many characters they may have together. */
const mostNames = 20
const longestNames = 1000

/**
 * Finds values that are too long to check. It comes before everything that splits, normalizes or compares, so that no check costs
 * more than the request that it is for.
 */
export function findOversized(client: unknown): readonly ConfigurationIssue[] {
  const given = Object(client) as Readonly<Record<string, unknown>>
  const toIssue = (path: string, code: string, message: string): ConfigurationIssue[] => [
    { path, code, message },
  ]
  if (Object.keys(given).length > mostMembers) {
    return toIssue('client', 'too_many_members', `must have ${mostMembers} members at most`)
  }
  const ofScopes = ['scope', 'optional_scope'].flatMap((member) => {
    const scope = given[member]
    if (typeof scope !== 'string') return []
    if (scope.length > longestScope) {
      return toIssue(member, 'too_big', `must have ${longestScope} characters at most`)
    }
    const isTooMany = toScopeNames(scope).length > mostScopes
    return isTooMany ? toIssue(member, 'too_big', `must name ${mostScopes} scopes at most`) : []
  })
  const names = namesOf(given).map(([, name]) => name)
  if (names.length > mostNames) {
    const message = `has more than ${mostNames} names in all languages`
    return [...ofScopes, ...toIssue('client_name', 'too_many_names', message)]
  }
  // The length of one name has a rule of its own.
  const isLong =
    names.length > 1 &&
    (names.join('').length > longestNames ||
      names.map((name) => name.normalize('NFKC')).join('').length > longestNames)
  const message = `has more than ${longestNames} characters in all languages`
  return isLong ? [...ofScopes, ...toIssue('client_name', 'too_big', message)] : ofScopes
}
