import { randomUUID } from 'node:crypto'
import { ClientMetadataError, UnknownClientError, type ConfigurationIssue } from '../errors.ts'
import type { CreatedClient } from './clients.ts'
import { findLogoUriIssues } from './logo-uris.ts'
import { toKnownMembers, withoutEmpty, type ClientMetadata } from './metadata.ts'
import type { NameClaim } from './name-claim.ts'
import type { RegistrationLimits } from './offer.ts'
import type { ClientRecord, Registration } from './record.ts'
import { findNameIssues } from './name-signs.ts'
import { findRedirectUriIssues } from './redirect-uris.ts'
import type { Registry } from './registry.ts'
import { claimedBy, reserveNames } from './reserve-names.ts'
import { toRegisteredClient } from './shown-client.ts'

/** Metadata to register a client with, and what is wrong with it beyond the rules for all clients. */
export interface Given {
  readonly metadata: object
  readonly issues?: readonly ConfigurationIssue[]
}

/** How long a client that registered itself is kept that nobody was granted anything by, in milliseconds. */
const unusedFor = 30 * 86_400_000

/** What is different for a client that registers itself. */
export interface RegisterOptions {
  readonly toAccessToken?: (clientId: string) => string
  /** Whether it comes without an initial access token. @defaultValue `false` */
  readonly isOpen?: boolean
  /** Of the initial access token. */
  readonly limits?: RegistrationLimits | undefined
  /** The last thing before it is stored; where it throws, nothing was done. */
  readonly beforeStored?: () => Promise<void>
}

/**
 * Registers a client, whichever way it comes in.
 *
 * @throws {@link ClientMetadataError}
 */
export async function register(
  registry: Registry,
  given: Given,
  { toAccessToken, isOpen, limits, beforeStored }: RegisterOptions = {},
): Promise<CreatedClient> {
  const { store, secrets, names } = registry
  const now = Date.now()
  const metadata = complete(registry, randomUUID(), given)
  const { client_id: id } = metadata
  const secret = isPublic(metadata) ? undefined : secrets.generate()
  const registration: Registration = {
    createdAt: now,
    updatedAt: now,
    secrets: secret === undefined ? [] : [secrets.toStored(id, secret, now)],
    ...(toAccessToken && { accessToken: toAccessToken(id), endsAt: now + unusedFor }),
    ...(isOpen && { isOpen }),
    ...(limits && { limits }),
  }
  const claim = names.claimFor(id)
  await reserveNames(registry, claim, { metadata, registration })
  try {
    await beforeStored?.()
  } catch (error) {
    await claim.abandon()
    throw error
  }
  // Where it is not known whether this was done, the name waits for its client.
  await store.insert({ metadata, registration })
  return { client: toRegisteredClient({ metadata, registration }, now), secret }
}

/**
 * Changes what a client is registered with, whichever way the change comes in.
 *
 * @param toGiven - what it is to be registered with, from what it is
 * @throws {@link ClientMetadataError}; {@link UnknownClientError}; what `toGiven` throws
 */
export async function revise(
  registry: Registry,
  clientId: string,
  toGiven: (record: ClientRecord) => Given,
): Promise<ClientRecord> {
  const { store, names } = registry
  const claim = names.claimFor(clientId)
  const edit = async (current: ClientRecord): Promise<ClientRecord> => {
    try {
      const metadata = complete(registry, clientId, toGiven(current), current.metadata)
      if (isPublic(metadata) !== isPublic(current.metadata)) throw otherKind()
      const next = { ...current, metadata }
      await reserveNames(registry, claim, next, current)
      return next
    } catch (error) {
      await giveUp(registry, claim, clientId)
      throw error
    }
  }
  const record = await store.change(clientId, edit).catch(async (error: unknown) => {
    if (error instanceof UnknownClientError) await claim.settle()
    throw error
  })
  await claim.settle(claimedBy(record))
  return record
}

/** Gives back what was reserved for a change that is refused. */
async function giveUp({ store }: Registry, claim: NameClaim, clientId: string): Promise<void> {
  await claim.abandon()
  const stored = await store.read(clientId)
  if (claim.hasMore(stored && claimedBy(stored))) {
    const touched = await store.touch(clientId)
    await claim.settle(touched && claimedBy(touched))
  }
}

/** @throws ClientMetadataError */
function complete(
  { findIssues, isDevelopment, nameSigns = '' }: Registry,
  client_id: string,
  { metadata, issues: others = [] }: Given,
  current?: ClientMetadata,
): ClientMetadata {
  const given = withoutEmpty(metadata)
  refuse([...findIssues(given), ...others])
  const known = toKnownMembers(given)
  refuse([
    ...findRedirectUriIssues(known, current),
    ...findLogoUriIssues(known, isDevelopment, current),
    ...findNameIssues(known, nameSigns, current),
  ])
  return { ...known, client_id }
}

/** @throws ClientMetadataError if there are issues */
function refuse(issues: readonly ConfigurationIssue[]): void {
  if (issues.length > 0) throw new ClientMetadataError(issues)
}

const isPublic = ({ token_endpoint_auth_method: method }: ClientMetadata): boolean =>
  method === 'none'

function otherKind(): Error {
  const message = 'cannot make a confidential client public, nor a public one confidential'
  const path = 'token_endpoint_auth_method'
  return new ClientMetadataError([{ path, code: 'invalid_client', message }])
}
