import { ClientMetadataError, type ConfigurationIssue } from '../errors.ts'
import { findOversized } from './bounds.ts'
import { findReservedHosts } from './hosts.ts'
import {
  defaultGrantTypes,
  localizedMembers,
  mostTypes,
  withoutEmpty,
  type ClientMetadata,
} from './metadata.ts'
import { toOffered, type Offer } from './offer.ts'
import type { Given } from './registration.ts'

/** What a client is before it is registered. */
type Current = Partial<ClientMetadata>

/** What a member is where nobody registered it. */
const notRegistered = { verified: false, pkce_exception: false, test: false }

/** What people and codes trust: what else is behind it is not what was verified. */
const trusted: readonly string[] = [
  ...localizedMembers,
  'contacts',
  'initiation_uri',
  'redirect_uris',
  'settings_uri',
]

/**
 * What a client that registers itself is to be registered with. What only whoever runs the server may decide stays as
 * it is: to send it as it is, as in an answer of before, is no mistake.
 *
 * @param offer - what a client can have
 * @param current - what it is registered with; nothing yet where it is new
 * @throws {@link ClientMetadataError} if it is too long to be looked at
 */
export function toGivenByPartner(given: object, offer: Offer, current: Current = {}): Given {
  const oversized = findOversized(given)
  if (oversized.length > 0) throw new ClientMetadataError(oversized)
  const grantTypes = [...defaultGrantTypes, ...(current.grant_types ?? [])]
  const asked = new Map(Object.entries(toOffered(withoutEmpty(given), offer, grantTypes)))
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
  if (current.verified && trustedOf(metadata) !== trustedOf(current)) {
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

const trustedOf = (client: object): string => JSON.stringify(trustedMembersOf(client))

/** What a client is trusted by, of what it is registered with. */
export const trustedMembersOf = (
  client: object,
): readonly (readonly [name: string, value: unknown])[] =>
  Object.entries(client)
    .filter(([name]) => trusted.includes(name.split('#')[0] ?? ''))
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
