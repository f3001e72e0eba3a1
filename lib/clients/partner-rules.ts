import { ClientMetadataError, type ConfigurationIssue } from '../errors.ts'
import { toScopeNames } from '../pleo/scopes.ts'
import { findOversized } from './bounds.ts'
import { findReservedHosts } from './hosts.ts'
import {
  defaultGrantTypes,
  localizedMembers,
  mostTypes,
  withoutEmpty,
  type ClientMetadata,
} from './metadata.ts'
import {
  subjectTypeOf,
  toLimitedOffer,
  toOffered,
  type LimitedOffer,
  type Offer,
  type RegistrationLimits,
} from './offer.ts'
import type { Given } from './registration.ts'

/** What a client is before it is registered. */
type Current = Partial<ClientMetadata>

/** The same, and what a client sent: of that nobody knows what is in it. */
interface Members {
  readonly application_type?: unknown
  readonly subject_type_preference?: unknown
  readonly scope?: unknown
  readonly optional_scope?: unknown
}

/** What a member is where nobody registered it. */
const notRegistered = { verified: false, pkce_exception: false, test: false }

/** What people and codes trust: what else is behind it is not what was verified. */
const trusted: readonly string[] = [
  ...localizedMembers,
  'contacts',
  'initiation_uri',
  'redirect_uris',
  'settings_uri',
  'application_type',
  'subject_type_preference',
  'scope',
  'optional_scope',
]

/**
 * What a client that registers itself is to be registered with. What only whoever runs the server may decide stays as
 * it is: to send it as it is, as in an answer of before, is no mistake.
 *
 * @param offer - what a client can have
 * @param current - what it is registered with; nothing yet where it is new
 * @param own - limits that count for this client alone, in place of those of the offer
 * @throws {@link ClientMetadataError} if it is too long to be looked at
 */
export function toGivenByPartner(
  given: object,
  offer: Offer,
  current: Current = {},
  own: RegistrationLimits = {},
): Given {
  const oversized = findOversized(given)
  if (oversized.length > 0) throw new ClientMetadataError(oversized)
  const limited = toLimitedOffer(offer, own, current)
  const grantTypes = [...defaultGrantTypes, ...(current.grant_types ?? [])]
  const asked = new Map(Object.entries(toOffered(withoutEmpty(given), limited, grantTypes)))
  const metadata: Record<string, unknown> = Object.fromEntries(asked)
  const issues: ConfigurationIssue[] = []
  for (const member of decidedMembers(current)) {
    const value = asked.get(member)
    if (typeof value === 'boolean' && value !== (current[member] ?? notRegistered[member])) {
      issues.push(notForClients(member))
    }
    // What is no such value at all is said by the rules for all clients.
    if (value === undefined || typeof value === 'boolean') metadata[member] = current[member]
  }
  // It stays what it is, so it need not be said again.
  if (current.token_endpoint_auth_method === 'none') {
    metadata['token_endpoint_auth_method'] ??= 'none'
  }
  issues.push(...findSubjectTypeIssues(metadata, limited), ...findScopeIssues(metadata, limited))
  if (
    current.verified &&
    (trustedOf(metadata) !== trustedOf(current) || isWider(metadata, current))
  ) {
    Reflect.deleteProperty(metadata, 'verified')
  }
  return {
    metadata,
    issues: [
      ...issues,
      ...findGrantIssues(asked.get('grant_types'), grantTypes),
      ...findReservedHosts(trustedMembersOf(metadata), offer.reservedHosts, current),
    ],
  }
}

/** A client may say that it is under development, and whoever runs the server that it no longer is. */
const decidedMembers = ({ test: isTest }: Current): readonly (keyof typeof notRegistered)[] =>
  isTest ? ['verified', 'pkce_exception', 'test'] : ['verified', 'pkce_exception']

function findGrantIssues(
  types: unknown,
  allowed: readonly string[],
): readonly ConfigurationIssue[] {
  // Too many are refused as such, by the rules for all clients.
  const isList = Array.isArray(types) && types.length <= mostTypes
  return (isList ? types : []).flatMap((type, index) =>
    typeof type !== 'string' || allowed.includes(type)
      ? []
      : [notForClients(`grant_types[${index}]`)],
  )
}

const notForClients = (path: string): ConfigurationIssue => ({
  path,
  code: 'not_for_clients',
  message: 'is decided by whoever runs this server',
})

function findSubjectTypeIssues(
  metadata: Members,
  { subjectTypes }: LimitedOffer,
): readonly ConfigurationIssue[] {
  const type = subjectTypeOf(metadata)
  // The rules for all clients name every other value.
  const isType = type === 'company' || type === 'organization'
  if (!subjectTypes || !isType || subjectTypes.includes(type)) return []
  const path = 'subject_type_preference'
  const message = `must be ${[...new Set(subjectTypes)].join(' or ')}: whoever runs this server decided so`
  return [{ path, code: 'not_for_clients', message }]
}

/** Of a list of which nothing was left, so that it stayed as it was sent. */
const findScopeIssues = (
  { scope }: Members,
  { beyond }: LimitedOffer,
): readonly ConfigurationIssue[] =>
  toScopeNames(scope).flatMap((name, index) =>
    beyond.includes(name) ? [notForClients(`scope[${index}]`)] : [],
  )

/** What a verified client must not change unseen. Scopes are compared by {@link isWider}: fewer of them are no reason to look again. */
const trustedOf = (client: Members): string =>
  JSON.stringify(
    trustedMembersOf({
      ...client,
      application_type: client.application_type ?? 'web',
      subject_type_preference: subjectTypeOf(client),
    }).filter(([name]) => !isScope(name)),
  )

const isScope = (name: string): boolean => name === 'scope' || name === 'optional_scope'

/** Whether people grant a client more than before, or can leave out less of it. */
const isWider = (metadata: Members, current: Members): boolean =>
  [allOf, requiredOf].some((scopesOf) => {
    const before = scopesOf(current)
    return scopesOf(metadata).some((name) => !before.includes(name))
  })

const allOf = ({ scope }: Members): readonly string[] => toScopeNames(scope)

const requiredOf = ({ scope, optional_scope: optional }: Members): readonly string[] =>
  toScopeNames(scope).filter((name) => !toScopeNames(optional).includes(name))

/** What a client is trusted by, of what it is registered with. */
export const trustedMembersOf = (
  client: object,
): readonly (readonly [name: string, value: unknown])[] =>
  Object.entries(client)
    .filter(([name]) => trusted.includes(name.split('#')[0] ?? ''))
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
