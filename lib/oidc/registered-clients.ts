import type Provider from 'oidc-provider'
import type { Clients } from '../clients/clients.ts'
import { toReservedHosts } from '../clients/hosts.ts'
import { createClients, createRegistry, type RegistryParts } from '../clients/registry.ts'
import { createSelfRegistration } from '../clients/self-registration.ts'
import { createRegistrationCheck } from './static-clients.ts'
import type { Config } from '../config/config.ts'
import type { PathMiddleware } from '../http/front.ts'
import { createRegistrationRoutes } from '../http/registration-endpoint.ts'

/** What {@link createRegisteredClients} takes. */
export interface RegisteredClientsParts extends Pick<RegistryParts, 'secrets' | 'connections'> {
  readonly config: Config
  readonly provider: Provider
}

/** Makes the two doors to the registered clients of an authorization server: the host's, and that of the clients themselves. */
export function createRegisteredClients({ config, provider, ...parts }: RegisteredClientsParts): {
  readonly clients: Clients
  readonly routes: readonly PathMiddleware[]
} {
  const registry = createRegistry({
    ...parts,
    storage: config.storage,
    staticClients: config.clients,
    nameSigns: config.nameSigns,
    findIssues: createRegistrationCheck(provider, config.findClientIssues),
    isDevelopment: config.isDevelopment,
  })
  const clients = createClients(registry)
  const { issuer, registration: options } = config
  const { scopes, defaultScopes } = config.resourceServer
  const reservedHosts = toReservedHosts(issuer, config.reservedHosts)
  const offer = { scopes: Object.keys(scopes), defaultScopes, limits: options, reservedHosts }
  const selfRegistration = createSelfRegistration(registry, clients, offer)
  return { clients, routes: createRegistrationRoutes({ issuer, selfRegistration, options }) }
}
