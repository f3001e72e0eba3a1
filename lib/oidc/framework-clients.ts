import type Provider from 'oidc-provider'
import { errors, type Client } from 'oidc-provider'
import type { Clients } from '../clients/clients.ts'
import { createClients } from '../clients/create-clients.ts'
import { withPlainScopes } from '../clients/metadata-values.ts'
import { createRegistry, type Registry, type RegistryParts } from '../clients/registration.ts'
import type { ClientMetadata } from '../clients/members.ts'
import { createSelfRegistration } from '../clients/self-registration.ts'
import { warnOfClients, warnOfCredentials } from '../clients/startup-checks.ts'
import { toShownClientMetadata } from '../clients/stored-client.ts'
import { toReservedHosts } from '../clients/uris.ts'
import type { Config } from '../config/config.ts'
import { ConfigurationError, type ConfigurationIssue } from '../errors.ts'
import type { PathMiddleware } from '../http/app.ts'
import { createRegistrationRoutes } from '../http/registration-endpoint.ts'
import type { RecordStorage } from '../storage.ts'
import { internalsOf } from './internals.ts'

/** The options of {@link createRegisteredClients}. */
interface RegisteredClientsParts extends Pick<RegistryParts, 'store' | 'secrets' | 'connections'> {
  readonly config: Config
  readonly provider: Provider
  /** Adds to what clients that register themselves call. */
  readonly watchRegistration: (clients: Clients) => Clients
}

/** Makes the two doors to the registered clients of an authorization server: for the host, and for the clients themselves. */
export function createRegisteredClients({
  config,
  provider,
  watchRegistration,
  ...parts
}: RegisteredClientsParts): Pick<Registry, 'findIssues'> & {
  readonly clients: Clients
  readonly routes: readonly PathMiddleware[]
} {
  const scopes = Object.keys(config.resourceServer.scopes)
  const registry = createRegistry({
    ...parts,
    storage: config.storage,
    rules: {
      ...config.clientRules,
      scopes,
      grantTypes: () => internalsOf(provider).configuration.grantTypes,
    },
    isDevelopment: config.isDevelopment,
  })
  const clients = createClients(registry)
  const { issuer, registration: options } = config
  const { defaultScopes } = config.resourceServer
  const reservedHosts = toReservedHosts(issuer, config.reservedHosts)
  const offer = { scopes, defaultScopes, limits: options, reservedHosts }
  const selfRegistration = createSelfRegistration(registry, watchRegistration(clients), offer)
  const routes = createRegistrationRoutes({ issuer, selfRegistration, options })
  return { clients, routes, findIssues: registry.findIssues }
}

/** Finds a client to show to people, one that is suspended as well. */
export type FindShownClient = (clientId: string) => Promise<Client | undefined>

/**
 * Looks first where the framework looks, then among suspended clients. A client whose stored data is invalid counts as removed, so
 * that a person can still see and end the other connections.
 */
export function createFindShownClient(provider: Provider, records: RecordStorage): FindShownClient {
  const Client = modelOf(provider)
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

/** The framework's clients: it checks their metadata when it makes one. */
const modelOf = (provider: Provider): new (metadata: object) => Client => provider.Client

/**
 * Lets the framework check every client now: left to itself, it does so when one is first used. `configure` can change its
 * rules. Then warns of clients that may not work.
 *
 * @throws {@link ConfigurationError}
 */
export function checkStaticClients(
  provider: Provider,
  { clients, nameSigns }: Pick<Config, 'clients' | 'nameSigns'>,
): void {
  const issues = clients.flatMap((client, index) => {
    const message = findFrameworkProblem(provider, client)
    return message === undefined ? [] : [{ path: `clients[${index}]`, ...message }]
  })
  if (issues.length > 0) throw new ConfigurationError(issues)
  warnOfCredentials(clients)
  warnOfClients(clients, nameSigns)
}

function findFrameworkProblem(
  provider: Provider,
  client: ClientMetadata,
): Omit<ConfigurationIssue, 'path'> | undefined {
  try {
    Reflect.construct(modelOf(provider), [withPlainScopes(client)])
    return undefined
  } catch (error) {
    if (!(error instanceof errors.OIDCProviderError)) throw error
    const { error: code, error_description: message = error.message } = error
    return { code, message }
  }
}
