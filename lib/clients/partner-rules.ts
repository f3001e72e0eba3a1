import { ClientMetadataError, type ConfigurationIssue } from '../errors.ts'
import { toScopeNames } from '../pleo/scopes.ts'
import {
  findOversized,
  isTrustedAs,
  subjectTypeOf,
  trustedMembersOf,
  withoutEmpty,
  type Sent,
} from './metadata-values.ts'
import type { Given } from './registration.ts'
import {
  defaultGrantTypes,
  members,
  mostTypes,
  type ClientMetadata,
  type MemberName,
} from './members.ts'
import type { RegistrationLimits } from './stored-client.ts'
import { findReservedHosts } from './uris.ts'

/** The most that clients can have if they register themselves. */
export interface Offer {
  /** Hosts that they may not use, with those below. */
  readonly reservedHosts: readonly string[]
  readonly scopes: readonly string[]
  /** The scopes of a client that names none. */
  readonly defaultScopes: readonly string[]
  readonly limits?: RegistrationLimits | undefined
}

/** A client as it is registered; empty if it is new. */
type Current = Partial<ClientMetadata>

/**
 * Returns the metadata for a client that registers itself. The members that only the operator may set stay as they are. A client may
 * send them unchanged, because an earlier answer of this server had them.
 *
 * @param ownLimits - limits of this client alone, in place of those of the offer
 * @throws {@link ClientMetadataError} if it is too long to be looked at
 */
export function toGivenByPartner(
  given: object,
  offer: Offer,
  current: Current = {},
  ownLimits: RegistrationLimits = {},
): Given {
  const oversized = findOversized(given)
  if (oversized.length > 0) throw new ClientMetadataError(oversized)
  const limits = { ...offer.limits, ...ownLimits }
  const allowed = toAllowed(offer, limits, current)
  const asked: Sent = toOffered(withoutEmpty(given), allowed)
  const metadata: Record<string, unknown> = { ...asked }
  const issues: ConfigurationIssue[] = []
  for (const member of operatorMembers(current)) {
    const value = asked[member]
    if (typeof value === 'boolean' && value !== (current[member] ?? false)) {
      issues.push(notForClients(member))
    }
    // The rules for all clients refuse a value of another type.
    if (value === undefined || typeof value === 'boolean') metadata[member] = current[member]
  }
  // A public client stays public, so it need not send this member again.
  if (current.token_endpoint_auth_method === 'none') {
    metadata['token_endpoint_auth_method'] ??= 'none'
  }
  issues.push(
    ...findSubjectTypeIssues(metadata, limits, current),
    ...findScopeIssues(metadata, offer, allowed),
  )
  if (current.verified && !isTrustedAs(current, metadata))
    Reflect.deleteProperty(metadata, 'verified')
  issues.push(
    ...findGrantIssues(asked.grant_types, allowed.grantTypes),
    ...findReservedHosts(trustedMembersOf(metadata), offer.reservedHosts, current),
  )
  return { metadata, issues }
}

/** The members that only the operator may set now. */
const operatorMembers = (current: Sent): readonly MemberName[] =>
  (Object.keys(members) as MemberName[]).filter((name) => {
    const { by } = members[name]
    return by === 'operator' || (by === 'operator takes away' && current[name] === true)
  })

/** The lists of what one client can have. */
interface Allowed extends Pick<Offer, 'scopes' | 'defaultScopes'> {
  readonly grantTypes: readonly string[]
}

/** A client keeps what it has already, as the operator may have given it. */
function toAllowed(offer: Offer, { scopes }: RegistrationLimits, current: Current): Allowed {
  const isWithin = (name: string): boolean => scopes?.includes(name) ?? true
  const has = toScopeNames(current.scope)
  return {
    scopes: offer.scopes.filter((name) => isWithin(name) || has.includes(name)),
    defaultScopes: offer.defaultScopes.filter(isWithin),
    grantTypes: [...defaultGrantTypes, ...(current.grant_types ?? [])],
  }
}

/**
 * Leaves out scopes, grant types and response types that a client cannot have: it sends one registration to servers of every
 * kind, and the answer says what it got. If nothing would be left of a list, the list stays as it is, and the rules for all clients
 * refuse it.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7591.html#section-3.2.1 RFC 7591, Section 3.2.1}
 */
function toOffered(given: object, { scopes, defaultScopes, grantTypes }: Allowed): object {
  const sent = new Map<string, unknown>(Object.entries(given))
  const keep = (member: string, toKept: (value: unknown) => unknown): void => {
    if (sent.has(member)) sent.set(member, toKept(sent.get(member)))
  }
  keep('scope', (value) => keptScope(value, scopes) || value)
  keep('optional_scope', (value) => keptScope(value, scopes))
  keep('grant_types', (value) => keptTypes(value, grantTypes))
  keep('response_types', (value) => keptTypes(value, ['code']))
  const [types, scope] = [sent.get('grant_types'), sent.get('scope')]
  const asksPeople = !Array.isArray(types) || types.includes('authorization_code')
  const isMissing = scope === undefined || (typeof scope === 'string' && /^ *$/.test(scope))
  if (asksPeople && defaultScopes.length > 0 && isMissing) {
    sent.set('scope', defaultScopes.join(' '))
  }
  return Object.fromEntries(sent)
}

/** Returns a value of another type as it is: the rules for all clients refuse it. */
const keptScope = (value: unknown, known: readonly string[]): unknown =>
  typeof value === 'string'
    ? toScopeNames(value)
        .filter((name) => known.includes(name))
        .join(' ')
    : value

function keptTypes(value: unknown, known: readonly string[]): unknown {
  if (!Array.isArray(value) || value.length > mostTypes) return value
  const types: readonly unknown[] = value
  const kept = types.filter((type) => typeof type !== 'string' || known.includes(type))
  return kept.length > 0 ? kept : value
}

const notForClients = (path: string): ConfigurationIssue => ({
  path,
  code: 'not_for_clients',
  message: 'is decided by the operator of this server',
})

function findGrantIssues(types: unknown, allowed: readonly string[]): ConfigurationIssue[] {
  // If there are too many, the rules for all clients say so.
  const isList = Array.isArray(types) && types.length <= mostTypes
  return (isList ? types : []).flatMap((type, index) =>
    typeof type !== 'string' || allowed.includes(type)
      ? []
      : [notForClients(`grant_types[${index}]`)],
  )
}

function findSubjectTypeIssues(
  metadata: Sent,
  { subjectTypes }: RegistrationLimits,
  current: Current,
): readonly ConfigurationIssue[] {
  const type = subjectTypeOf(metadata)
  // The rules for all clients name every other value.
  const isType = type === 'company' || type === 'organization'
  const had = current.client_id ? [subjectTypeOf(current)] : []
  const allowed = subjectTypes && [...new Set<unknown>([...subjectTypes, ...had])]
  if (!allowed || !isType || allowed.includes(type)) return []
  const path = 'subject_type_preference'
  const message = `must be ${allowed.join(' or ')}: the operator of this server decided so`
  return [{ path, code: 'not_for_clients', message }]
}

/** Finds scopes that the resource server has and this client cannot have. Other scopes were left out, if one was left. */
const findScopeIssues = (
  { scope }: Sent,
  offer: Offer,
  allowed: Allowed,
): readonly ConfigurationIssue[] =>
  toScopeNames(scope).flatMap((name, index) =>
    offer.scopes.includes(name) && !allowed.scopes.includes(name)
      ? [notForClients(`scope[${index}]`)]
      : [],
  )
