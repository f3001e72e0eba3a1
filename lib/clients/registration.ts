import { randomUUID } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { ClientMetadataError, type ConfigurationIssue } from '../errors.ts'
import type { Connections } from '../grants/connections.ts'
import type { Storage } from '../storage.ts'
import { createClientCheck, type ClientRules, type FindClientIssues } from './metadata-check.ts'
import type { ClientEvents } from './clients.ts'
import { findLogoUriIssues } from './logo-uris.ts'
import { toKnownMembers, withoutEmpty } from './metadata-values.ts'
import { findNameIssues } from './names.ts'
import { toRegisteredClient, type CreatedClient } from './registered-client.ts'
import type { ClientMetadata } from './members.ts'
import { generateClientSecret, type ClientSecrets } from './secrets.ts'
import type { ClientStore } from './store.ts'
import type { ClientRecord, Registration } from './stored-client.ts'
import { findRedirectUriIssues } from './uris.ts'

/** The options of {@link createRegistry}. */
export interface RegistryParts {
  readonly storage: Storage
  readonly store: ClientStore
  readonly secrets: ClientSecrets
  readonly connections: Connections
  /** With all scopes that a client can have. */
  readonly rules: ClientRules & { readonly scopes: readonly string[] }
  /** Whether logos may be on loopback hosts. */
  readonly isDevelopment: boolean
}

/** The common parts of everything that registers, changes or removes clients. */
export interface Registry extends RegistryParts {
  readonly findIssues: FindClientIssues
  readonly events: EventEmitter<ClientEvents>
}

/** Puts together the parts that the clients of a storage need. */
export const createRegistry = (parts: RegistryParts): Registry => ({
  ...parts,
  findIssues: createClientCheck(parts.rules, 'made'),
  events: new EventEmitter<ClientEvents>(),
})

/** Metadata to register a client with, and its mistakes beyond the rules for all clients. */
export interface Given {
  readonly metadata: object
  readonly issues?: readonly ConfigurationIssue[]
}

/** The options for a client that registers itself. */
export interface RegisterOptions {
  readonly id?: string
  /** Stored beside the metadata. */
  readonly registration?: Omit<Registration, 'createdAt' | 'updatedAt' | 'secrets'>
  /** As for {@link ClientStore.insert}. */
  readonly beforeStored?: (() => Promise<void>) | undefined
}

/**
 * Registers a client, whichever way it comes in.
 *
 * @throws {@link ClientMetadataError}; what `beforeStored` throws
 */
export async function register(
  registry: Registry,
  given: Given,
  { id = randomUUID(), registration: own, beforeStored }: RegisterOptions = {},
): Promise<CreatedClient> {
  const { store, secrets } = registry
  const now = Date.now()
  const metadata = complete(registry, id, given)
  const secret = isPublic(metadata) ? undefined : generateClientSecret()
  const stored = secret === undefined ? [] : [secrets.toStored(id, secret, now)]
  const registration = { createdAt: now, updatedAt: now, secrets: stored, ...own }
  await store.insert({ metadata, registration }, beforeStored)
  return { client: toRegisteredClient({ metadata, registration }), secret }
}

/**
 * Changes what a client is registered with, whichever way the change comes in.
 *
 * @param toGiven - makes the new metadata from the client as it is
 * @throws {@link ClientMetadataError}; {@link UnknownClientError}; what `toGiven` throws
 */
export const revise = (
  registry: Registry,
  clientId: string,
  toGiven: (record: ClientRecord) => Given,
): Promise<ClientRecord> =>
  registry.store.change(clientId, (current) => {
    const metadata = complete(registry, clientId, toGiven(current), current.metadata)
    if (isPublic(metadata) === isPublic(current.metadata)) return { ...current, metadata }
    throw toRefusal(
      'token_endpoint_auth_method',
      'cannot make a confidential client public, nor a public one confidential',
    )
  })

/** The longest lifetime of an initial access token, and of an old secret, in seconds. */
const longestLifetime = 365 * 86_400

/** @throws RangeError */
export function checkSeconds(name: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least && value <= longestLifetime) return
  throw new RangeError(
    `${name} must be a whole number of seconds from ${least} to ${longestLifetime} (365 days)`,
  )
}

/** Makes the error for one mistake. */
export const toRefusal = (path: string, message: string, code = 'invalid_client'): Error =>
  new ClientMetadataError([{ path, code, message }])

/** @throws ClientMetadataError */
function complete(
  { findIssues, isDevelopment, rules: { nameSigns = '' } }: Registry,
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
