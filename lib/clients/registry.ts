import { EventEmitter } from 'node:events'
import { isDeepStrictEqual } from 'node:util'
import { refuseUnknown } from '../config/did-you-mean.ts'
import type { Connections } from '../connections/connections.ts'
import { ClientMetadataError, UnknownClientError, type ConfigurationIssue } from '../errors.ts'
import type { Storage } from '../storage.ts'
import { createClientStore, type ClientStore } from './changes.ts'
import type { Clients } from './clients.ts'
import { createInitialAccessTokens } from './initial-access-tokens.ts'
import { createLifeMethods } from './life.ts'
import { lookAlikesAmong } from './look-alike-clients.ts'
import type { ClientMetadata } from './metadata.ts'
import { createNameReservations, type NameReservations } from './name-reservations.ts'
import { register, revise } from './registration.ts'
import { createRegistrationTokens, type ClientEvents } from './registration-tokens.ts'
import { createSecretMethods } from './secret-methods.ts'
import type { ClientSecrets } from './secrets.ts'
import { toRegisteredClient } from './shown-client.ts'

/** What {@link createClients} takes. */
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
  /** Finds every mistake in what a client is to be registered with. */
  readonly findIssues: (metadata: object) => readonly ConfigurationIssue[]
  /** Whether logos may be on loopback hosts. */
  readonly isDevelopment: boolean
}

/** What the methods of {@link Clients} work with. */
export interface Registry extends RegistryParts {
  readonly store: ClientStore
  readonly names: NameReservations
  readonly events: EventEmitter<ClientEvents>
}

/** Puts together what the clients of a storage need. */
export function createRegistry(parts: RegistryParts): Registry {
  const { storage, secrets, staticClients } = parts
  const store = createClientStore(storage.records('Client'), secrets)
  const names = createNameReservations(storage, staticClients)
  return { ...parts, store, names, events: new EventEmitter<ClientEvents>() }
}

/** Makes the clients of a storage. */
export const createClients = (registry: Registry): Clients => ({
  ...createRegistration(registry),
  ...createSecretMethods(registry),
  ...createLifeMethods(registry),
  ...createInitialAccessTokens(registry),
  ...createRegistrationTokens(registry),
})

/** How many clients are read at a time. */
const batch = 100

function createRegistration(
  registry: Registry,
): Pick<Clients, 'create' | 'find' | 'findLookAlikes' | 'list' | 'update'> {
  const { store } = registry
  const find: Clients['find'] = async (clientId) => {
    const record = await store.read(clientId)
    return record && toRegisteredClient(record, Date.now())
  }
  const list: Clients['list'] = async () => {
    const ids = await registry.storage.records('Client').ids()
    const found: Awaited<ReturnType<typeof find>>[] = []
    for (let at = 0; at < ids.length; at += batch) {
      found.push(...(await Promise.all(ids.slice(at, at + batch).map((id) => find(id)))))
    }
    return found
      .filter((client) => client !== undefined)
      .toSorted((one, other) => one.createdAt - other.createdAt)
  }
  return {
    find,
    list,
    async findLookAlikes(clientId) {
      const record = await store.read(clientId)
      if (!record) throw new UnknownClientError()
      return lookAlikesAmong(await list(), record.metadata)
    },
    create: (metadata) => register(registry, { metadata }),
    async update(clientId, changes, options = {}) {
      refuseUnknown(options, ['seen'])
      const { seen } = options
      const record = await revise(registry, clientId, ({ metadata }) => {
        if (seen && !isDeepStrictEqual({ ...metadata }, { ...seen })) throw changedClient()
        const { client_id: _, ...current } = metadata
        return { metadata: { ...current, ...changes } }
      })
      return toRegisteredClient(record, Date.now())
    },
  }
}

function changedClient(): Error {
  const message = 'is not registered with what was looked at: look again'
  return new ClientMetadataError([{ path: 'client', code: 'client_changed', message }])
}
