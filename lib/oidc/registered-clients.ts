import type Provider from 'oidc-provider'
import { errors, type Client } from 'oidc-provider'
import type { Clients } from '../clients/clients.ts'
import { createClients } from '../clients/create-clients.ts'
import { createRegistry, type RegistryParts } from '../clients/registration.ts'
import { createSelfRegistration } from '../clients/self-registration.ts'
import { toReservedHosts } from '../clients/uris.ts'
import type { Config } from '../config/config.ts'
import type { PathMiddleware } from '../http/front.ts'
import { createRegistrationRoutes } from '../http/registration-endpoint.ts'
import { grantTypesOf } from './internals.ts'
import type { RecordStorage } from '../storage.ts'
import { toShownClientMetadata } from '../clients/stored-client.ts'

/** The options of {@link createRegisteredClients}. */
export interface RegisteredClientsParts extends Pick<
  RegistryParts,
  'store' | 'secrets' | 'connections'
> {
  readonly config: Config
  readonly provider: Provider
}

/** Makes the two doors to the registered clients of an authorization server: for the host, and for the clients themselves. */
export function createRegisteredClients({ config, provider, ...parts }: RegisteredClientsParts): {
  readonly clients: Clients
  readonly routes: readonly PathMiddleware[]
} {
  const scopes = Object.keys(config.resourceServer.scopes)
  const registry = createRegistry({
    ...parts,
    storage: config.storage,
    rules: { ...config.clientRules, scopes, grantTypes: () => grantTypesOf(provider) },
    isDevelopment: config.isDevelopment,
  })
  const clients = createClients(registry)
  const { issuer, registration: options } = config
  const { defaultScopes } = config.resourceServer
  const reservedHosts = toReservedHosts(issuer, config.reservedHosts)
  const offer = { scopes, defaultScopes, limits: options, reservedHosts }
  const selfRegistration = createSelfRegistration(registry, clients, offer)
  return { clients, routes: createRegistrationRoutes({ issuer, selfRegistration, options }) }
}

/** Finds a client to show to people, one that is suspended as well. */
export type FindShownClient = (clientId: string) => Promise<Client | undefined>

/**
 * Looks first where the framework looks, then among suspended clients. A client whose stored data is invalid counts as removed, so
 * that a person can still see and end the other connections.
 */
export function createFindShownClient(provider: Provider, records: RecordStorage): FindShownClient {
  const Client = provider.Client as unknown as new (metadata: object) => Client
  return async (clientId) => {
    try {
      const found: Client | undefined = await provider.Client.find(clientId)
      if (found) return found
      const payload = await records.find(clientId)
      return payload && new Client(toShownClientMetadata(payload))
    } catch (error) {
      if (error instanceof errors.InvalidClientMetadata) return undefined
      throw error
    }
  }
}
