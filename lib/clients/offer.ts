import { toScopeNames } from '../pleo/scopes.ts'
import type { SubjectType } from '../pleo/subject.ts'
import { defaultGrantTypes, mostTypes, type ClientMetadata } from './metadata.ts'

/** What clients that register themselves can have at most. */
export interface RegistrationLimits {
  /** Of the scopes of the resource server. */
  readonly scopes?: readonly string[]
  readonly subjectTypes?: readonly SubjectType[]
}

/** What clients can have if they register themselves. */
export interface Offer {
  /** Hosts that they may not use, with those below. */
  readonly reservedHosts: readonly string[]
  readonly scopes: readonly string[]
  /** The scopes of a client that names none. */
  readonly defaultScopes: readonly string[]
  readonly limits?: RegistrationLimits | undefined
}

/** What one client can have. */
export interface LimitedOffer extends Offer {
  /** Scopes that the resource server has, and this client cannot have. */
  readonly beyond: readonly string[]
  /** Undefined: all. */
  readonly subjectTypes: readonly unknown[] | undefined
}

/** The kind of subject of a client, in the form of its registration. */
export const subjectTypeOf = ({
  subject_type_preference: type,
}: {
  readonly subject_type_preference?: unknown
}): unknown => type ?? 'company'

/** An offer within limits. A client keeps what it is registered with, as whoever runs the server may have given it more. */
export function toLimitedOffer(
  offer: Offer,
  own: RegistrationLimits,
  current: Partial<ClientMetadata>,
): LimitedOffer {
  const { scopes, defaultScopes, reservedHosts } = offer
  const limits = { ...offer.limits, ...own }
  const has = toScopeNames(current.scope)
  const isWithin = (name: string): boolean => limits.scopes?.includes(name) ?? true
  const isOffered = (name: string): boolean => isWithin(name) || has.includes(name)
  const { subjectTypes } = limits
  return {
    scopes: scopes.filter((name) => isOffered(name)),
    beyond: scopes.filter((name) => !isOffered(name)),
    defaultScopes: defaultScopes.filter((name) => isWithin(name)),
    reservedHosts,
    subjectTypes: subjectTypes && [
      ...subjectTypes,
      ...(current.client_id ? [subjectTypeOf(current)] : []),
    ],
  }
}

/**
 * Leaves out scopes, grant types and response types that a client cannot have: it sends one registration to servers of every
 * kind, and the answer says what it got. If nothing were left of a list it stays as it is, for the rules of all clients to
 * refuse.
 *
 * @param grantTypes - those that the client can have
 * @see {@link https://www.rfc-editor.org/rfc/rfc7591.html#section-3.2.1 RFC 7591, Section 3.2.1}
 */
export function toOffered(
  given: object,
  { scopes, defaultScopes }: Omit<Offer, 'reservedHosts'>,
  grantTypes: readonly string[] = defaultGrantTypes,
): object {
  const sent = new Map<string, unknown>(Object.entries(given))
  const keep = (member: string, toKept: (value: unknown) => unknown): void => {
    if (sent.has(member)) sent.set(member, toKept(sent.get(member)))
  }
  keep('scope', (value) => keptScope(value, scopes) || value)
  keep('optional_scope', (value) => keptScope(value, scopes))
  keep('grant_types', (value) => keptTypes(value, grantTypes))
  keep('response_types', (value) => keptTypes(value, ['code']))
  const types = sent.get('grant_types')
  const asksPeople = !Array.isArray(types) || types.includes('authorization_code')
  if (asksPeople && defaultScopes.length > 0 && isMissing(sent.get('scope'))) {
    sent.set('scope', defaultScopes.join(' '))
  }
  return Object.fromEntries(sent)
}

/** A value of another type is a mistake, which others name. */
const keptScope = (value: unknown, known: readonly string[]): unknown =>
  typeof value === 'string'
    ? toScopeNames(value)
        .filter((name) => known.includes(name))
        .join(' ')
    : value

const isMissing = (scope: unknown): boolean =>
  scope === undefined || (typeof scope === 'string' && toScopeNames(scope).length === 0)

function keptTypes(value: unknown, known: readonly string[]): unknown {
  if (!Array.isArray(value) || value.length > mostTypes) return value
  const types: readonly unknown[] = value
  const kept = types.filter((type) => typeof type !== 'string' || known.includes(type))
  return kept.length > 0 ? kept : value
}
