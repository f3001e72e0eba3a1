import { createRequire } from 'node:module'
import type { Middleware } from 'koa'
import compose from 'koa-compose'
import Provider, { type Configuration } from 'oidc-provider'
import { createMemoryAdapter } from '../adapters/memory.ts'
import type { Clients } from './clients/clients.ts'
import { createClientSecrets, createSecretMatching, type MatchSecret } from './clients/secrets.ts'
import { checkStaticNames, warnOfClients, warnOfLookAlikes } from './clients/startup-checks.ts'
import { createClientKeeping, createClientStore } from './clients/store.ts'
import { cacheClients, hashedSecret } from './clients/stored-client.ts'
import { checkStaticClients } from './oidc/static-clients.ts'
import { checkStorage, resolveConfig, type Config } from './config/config.ts'
import type { AuthorizationServerOptions } from './config/options.ts'
import { createConnections } from './grants/connections.ts'
import { createConnectionTeller } from './grants/events.ts'
import { createConnectionRoutes } from './consent/connection-pages.ts'
import { createSignInRoutes } from './consent/sign-in-pages.ts'
import { checkMounting } from './http/check-mounting.ts'
import { ConfigurationError } from './errors.ts'
import { createApp } from './http/app.ts'
import { createAssetRoutes } from './http/asset-routes.ts'
import { createErrorRenderer } from './http/error-page.ts'
import { createByPath, createFront, type PathMiddleware } from './http/front.ts'
import { createPostAuthorization } from './http/post-authorization.ts'
import { createFormTokens } from './consent/form-tokens.ts'
import type { PageParts } from './consent/interaction.ts'
import { createInteractionRoutes } from './consent/interaction-routes.ts'
import { createServerKeys } from './oidc/server-keys.ts'
import { createLogos, type Logos } from './pages/logos/logos.ts'
import { createEmptySecrets, explainClientErrors } from './oidc/client-authentication.ts'
import type { AdapterParts } from './oidc/adapter.ts'
import { toConfiguration } from './oidc/configuration.ts'
import {
  acceptProofsOnce,
  changeParameters,
  compareHashedSecrets,
  keepOwnMembersInGrants,
  nameGrantInTokens,
  promptsOf,
  recheckRedirectUris,
} from './oidc/internals.ts'
import { createMetadata } from './oidc/server-metadata.ts'
import {
  interactionPath,
  logoPath,
  oauthMetadataPath,
  openidMetadataPath,
  routes,
} from './paths.ts'
import { findOpened } from './oidc/pushed-requests.ts'
import { checkRequestSize, createParameterReader } from './oidc/read-parameters.ts'
import { answerInQuery } from './oidc/response-modes.ts'
import { reportUnavailableStorage, toAnsweringStorage } from './oidc/unavailable.ts'
import { createWaitingRequests } from './oidc/waiting-requests.ts'
import { createFindShownClient, createRegisteredClients } from './oidc/registered-clients.ts'
import type { AuthorizationServer } from './server.ts'
import type { Storage } from './storage.ts'
import { explainGrantErrors } from './oidc/grant-errors.ts'
import { createConfiguredCheck } from './oidc/supported-configuration.ts'
import { registerGrants } from './oidc/token-endpoint.ts'
import { createTokenIntrospection } from './oidc/token-introspection.ts'
import { createTokenValues } from './grants/token-values.ts'
import { createViews } from './pages/pages.ts'
import type { FindTemplateMistakes } from './pages/views-options.ts'

/** Makes the storage of a server that is meant to forget. */
export const createForgetfulStorage: () => Storage = () => createMemoryAdapter()

/** Loads the template checker when it is called: a host without templates of its own never needs it. */
const findTemplateMistakes: FindTemplateMistakes = (views) => {
  // The compiler does not rewrite this path: the files are .ts here, and .js in the package.
  const path = `./workbench/check${import.meta.url.slice(-3)}`
  const checker = createRequire(import.meta.url)(path) as Record<
    'findTemplateMistakes',
    FindTemplateMistakes
  >
  return checker.findTemplateMistakes(views)
}

/**
 * Creates the authorization server. Nothing is opened or started.
 *
 * @throws {@link ConfigurationError} with every mistake in the options at once
 */
export function createAuthorizationServer(
  options: AuthorizationServerOptions,
): AuthorizationServer {
  const resolved = resolveConfig(options, createMemoryAdapter, findTemplateMistakes)
  // `check` needs the storage of the host: this wrapper has no `check`.
  const config = { ...resolved, storage: toAnsweringStorage(resolved.storage) }
  const views = createViews(config.views, config.issuer)
  const renderError = createErrorRenderer(views, config.issuer)
  const values = createTokenValues(config.storage.deriveKeys('token values'))
  const teller = createConnectionTeller()
  const secrets = createClientSecrets(config.storage.deriveKeys('client secrets'))
  const clientRecords = cacheClients(config.storage)
  const store = createClientStore(config.storage, secrets, config.clients)
  const keepClient = createClientKeeping(clientRecords, store)
  const waiting = createWaitingRequests(config, clientRecords)
  const kept = { values, teller, clientRecords, keepClient, waiting }
  const provider = createProvider(config, toConfiguration(config, renderError, kept))
  adapt(provider, config, { ...kept, match: createSecretMatching(clientRecords, secrets) })
  registerGrants(provider, config, { values, teller })
  checkStaticClients(provider, config)
  const logos = createLogos(config)

  const metadata = createMetadata(config, views.languages, promptsOf(provider))
  const connections = createConnections(config.storage.grants, teller)
  const registered = createRegisteredClients({ config, provider, store, secrets, connections })
  const findClient = createFindShownClient(provider, clientRecords)
  const keys = createServerKeys(provider, config)
  const tokens = createTokenIntrospection(provider, config, { values, teller, keys })
  const asGet = createPostAuthorization(config.issuer, checkRequestSize)
  use(provider, [
    createFront(provider, config, renderError),
    compose([keys.middleware, createEmptySecrets(provider), tokens.middleware]),
    createByPath([
      [routes.authorization, compose([asGet, findOpened(config)])],
      [oauthMetadataPath, metadata],
      [openidMetadataPath, metadata],
      ...registered.routes,
      ...createPages({ provider, findClient, config, views, connections, logos }),
    ]),
  ])
  return {
    app: createApp(provider),
    provider,
    clients: registered.clients,
    connections,
    signingKeys: keys.signingKeys,
    introspect: tokens.introspect,
    check: () => check(resolved, registered.clients, logos),
    checkMounting: (how = {}) => checkMounting(config.issuer, how),
  }
}

function use(provider: Provider, middlewares: readonly Middleware[]): void {
  for (const middleware of middlewares) provider.use(middleware)
}

async function check(config: Config, registered: Clients, logos: Logos): Promise<void> {
  await checkStorage(config.storage)
  await checkStaticNames(config.storage, config.clients)
  await warnOfLookAlikes(registered, config.clients)
  const all = (await registered.list()).map(({ metadata }) => metadata)
  warnOfClients(all, config.nameSigns)
  logos.checkUris(all)
}

function adapt(
  provider: Provider,
  { storage, resourceServer }: Config,
  { values, waiting, match }: Pick<AdapterParts, 'values' | 'waiting'> & { match: MatchSecret },
): void {
  compareHashedSecrets(provider, hashedSecret, match)
  keepOwnMembersInGrants(provider)
  nameGrantInTokens(provider, values)
  recheckRedirectUris(provider)
  const read = createParameterReader(promptsOf(provider), resourceServer.audience)
  changeParameters(provider, read)
  answerInQuery(provider)
  acceptProofsOnce(provider, waiting.get('ReplayDetection') ?? storage.records('ReplayDetection'))
  reportUnavailableStorage(provider)
  explainGrantErrors(provider)
  explainClientErrors(provider)
}

/** The pages, without those of errors. */
function createPages(given: Omit<PageParts, 'formTokens'>): readonly PathMiddleware[] {
  const parts = { ...given, formTokens: createFormTokens(given.config.cookieKeys) }
  return [
    ...createAssetRoutes(given.views.assets),
    [{ begins: `${logoPath}/` }, given.logos.middleware],
    ...createConnectionRoutes(parts),
    ...createSignInRoutes(parts),
    [{ begins: `${interactionPath}/` }, createInteractionRoutes(parts)],
  ]
}

function createProvider({ issuer, configure }: Config, mapped: Configuration): Provider {
  const checkConfigured = createConfiguredCheck(mapped)
  const configuration: unknown = configure(mapped)
  if (typeof configuration !== 'object' || configuration === null) {
    // Without one, the framework would start with development keys and a sign-in for anybody.
    const message = 'must return the configuration to use'
    throw new ConfigurationError([{ path: 'configure', code: 'no_configuration', message }])
  }
  checkConfigured(configuration)
  try {
    return new Provider(issuer, configuration)
  } catch (error) {
    // The framework's error about keys has the private key as its cause.
    if (!(error instanceof Error) || !error.message.startsWith('jwks')) throw error
    const { message } = error
    throw new ConfigurationError([{ path: 'signingKeys', code: 'invalid_key', message }])
  }
}
