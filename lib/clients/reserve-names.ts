import { ClientMetadataError } from '../errors.ts'
import type { ClientMetadata } from './metadata.ts'
import type { NameClaim } from './name-claim.ts'
import { claimedLooksOf, looksOf, type Looks } from './name-records.ts'
import { claimsNames, type ClientRecord } from './record.ts'
import type { Registry } from './registry.ts'

/** A client that is stored, or is to be. */
type Client = Omit<ClientRecord, 'version'>

/** The names that a client claims. */
export const claimedBy = ({ metadata, registration }: Client): Looks =>
  claimedLooksOf(metadata, registration)

const isClaiming = ({ metadata, registration }: Client): boolean =>
  claimsNames(metadata, registration)

/**
 * Reserves the names that a client is to claim. A client from open registration that is not verified reserves none,
 * but a new name of it must not look like one that is claimed: nobody copies a client that is vouched for.
 *
 * @throws {@link ClientMetadataError} with the members whose names are claimed by others
 */
export async function reserveNames(
  registry: Registry,
  claim: NameClaim,
  next: Client,
  current?: Client,
): Promise<void> {
  const { client_id: id } = next.metadata
  const before = looksOf(current?.metadata)
  const added = new Map([...looksOf(next.metadata)].filter(([look]) => !before.has(look)))
  const others = isClaiming(next) ? [] : await registry.names.findTaken(id, added)
  const taken =
    others.length > 0
      ? others.map(({ member }) => member)
      : await claim.reserve(claimedBy(next), current && claimedBy(current))
  if (taken.length === 0) return
  // Only the operator verifies a client, so only the operator is told of another one.
  if (current && isClaiming(next) && !isClaiming(current)) throw await notVerified(registry, next)
  throw new ClientMetadataError(taken.map((path) => toIssue(path, 'another client')))
}

const toIssue = (path: string, whose: string, remedy = '') => ({
  path,
  code: 'name_taken',
  message: `looks to people like the name of ${whose}${remedy}`,
})

/** Names both clients. */
async function notVerified(
  { names, store, staticClients }: Registry,
  { metadata }: Client,
): Promise<Error> {
  const taken = await names.findTaken(metadata.client_id, looksOf(metadata))
  const issues = await Promise.all(
    taken.map(async ({ member, by }) => {
      const given = staticClients.find(({ client_id: id }) => id === by)
      const other = given ?? (await store.read(by))?.metadata
      const remedy = `, so ${toShown(metadata)} cannot be verified: change one of the two names`
      return toIssue(member, other ? toShown(other) : by, remedy)
    }),
  )
  // The other client may be gone by now.
  return issues.length > 0
    ? new ClientMetadataError(issues)
    : new ClientMetadataError([toIssue('client_name', 'another client')])
}

const toShown = ({ client_id: id, client_name: name = '' }: ClientMetadata): string =>
  `${id} ("${name}")`
