import { randomUUID } from 'node:crypto'
import { EventEmitter } from 'node:events'
import type { Connections } from '../grants/connections.ts'
import { ClientMetadataError, UnknownClientError, type ConfigurationIssue } from '../errors.ts'
import type { Storage } from '../storage.ts'
import type { FindClientIssues } from './check.ts'
import type { ClientEvents } from './clients.ts'
import { toKnownMembers, withoutEmpty } from './metadata-values.ts'
import { createNameIndex, type NameClaim, type NameIndex } from './name-index.ts'
import { findNameIssues } from './names.ts'
import { toRegisteredClient, type CreatedClient } from './registered-client.ts'
import type { ClientMetadata } from './rules.ts'
import type { ClientSecrets } from './secrets.ts'
import { createClientStore, type ClientStore } from './store.ts'
import type { ClientRecord, Registration, RegistrationLimits } from './stored-client.ts'
import { findLogoUriIssues } from './logo-uris.ts'
import { findRedirectUriIssues } from './uris.ts'

/** The options of {@link createRegistry}. */
export interface RegistryParts {
  readonly storage: Storage
  readonly secrets: ClientSecrets
  readonly connections: Connections
  /** Clients that are not stored. */
  readonly staticClients: readonly ClientMetadata[]
  /** All scopes that a client can have. */
  readonly scopes: readonly string[]
  /** Signs that names may have beside the usual ones. @defaultValue none */
  readonly nameSigns?: string
  readonly findIssues: FindClientIssues
  /** Whether logos may be on loopback hosts. */
  readonly isDevelopment: boolean
}

/** The common parts of everything that registers, changes or removes clients. */
export interface Registry extends RegistryParts {
  readonly store: ClientStore
  readonly names: NameIndex
  readonly events: EventEmitter<ClientEvents>
}

/** Puts together the parts that the clients of a storage need. */
export function createRegistry(parts: RegistryParts): Registry {
  const { storage, secrets, staticClients } = parts
  const store = createClientStore(storage.records('Client'), secrets)
  const names = createNameIndex(storage, staticClients)
  return { ...parts, store, names, events: new EventEmitter<ClientEvents>() }
}

/** Metadata to register a client with, and its mistakes beyond the rules for all clients. */
export interface Given {
  readonly metadata: object
  readonly issues?: readonly ConfigurationIssue[]
}

/** How long a client that registered itself is kept if nobody was granted anything by it, in milliseconds. */
const unusedFor = 30 * 86_400_000

/** The options for a client that registers itself. */
export interface RegisterOptions {
  readonly toAccessToken?: (clientId: string) => string
  /** Whether it comes without an initial access token. @defaultValue `false` */
  readonly isOpen?: boolean
  /** Of the initial access token. */
  readonly limits?: RegistrationLimits | undefined
  /** Runs last, before the client is stored. If it throws, nothing was done. */
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
  try {
    await claim.reserve({ metadata, registration })
    await beforeStored?.()
  } catch (error) {
    await claim.settle()
    throw error
  }
  // If this fails, the client may be stored or not: its names wait for it.
  await store.insert({ metadata, registration })
  return { client: toRegisteredClient({ metadata, registration }), secret }
}

/**
 * Changes what a client is registered with, whichever way the change comes in.
 *
 * @param toGiven - makes the new metadata from the client as it is
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
      await claim.reserve(next, current)
      return next
    } catch (error) {
      await abandon(store, claim, clientId)
      throw error
    }
  }
  const record = await store.change(clientId, edit).catch(async (error: unknown) => {
    if (error instanceof UnknownClientError) await claim.settle()
    throw error
  })
  await claim.settle(record)
  return record
}

/** Gives back what was reserved for a change that is refused. Another change at the same time may need it, and begins anew. */
async function abandon(store: ClientStore, claim: NameClaim, clientId: string): Promise<void> {
  if (claim.isPending()) await claim.settle(await store.touch(clientId))
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
