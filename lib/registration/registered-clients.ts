import type Provider from 'oidc-provider'
import type { Clients } from '../clients/clients.ts'
import { toReservedHosts } from '../clients/hosts.ts'
import { createClients, createRegistry, type RegistryParts } from '../clients/registry.ts'
import { createSelfRegistration } from '../clients/self-registration.ts'
import { createRegistrationCheck } from '../clients/static-clients.ts'
import type { Config } from '../config/config.ts'
import type { PathMiddleware } from '../http/by-path.ts'
import { createRegistrationRoutes } from './routes.ts'

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
  const scopes = Object.keys(config.resourceServer.scopes)
  const registry = createRegistry({
    ...parts,
    storage: config.storage,
    staticClients: config.clients,
    scopes,
    nameSigns: config.nameSigns,
    findIssues: createRegistrationCheck(provider, config.findClientIssues),
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
