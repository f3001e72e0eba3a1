import type { Middleware } from 'koa'
import compose from 'koa-compose'
import Provider, { type Configuration } from 'oidc-provider'
import { createMemoryAdapter } from '../adapters/memory.ts'
import { createSecretMatching, type MatchSecret } from './clients/authentication.ts'
import { createClientKeeping } from './clients/changes.ts'
import { cacheClients } from './clients/client-cache.ts'
import { createFindShownClient } from './clients/find-shown.ts'
import type { Clients } from './clients/clients.ts'
import { hashedSecret } from './clients/record.ts'
import { warnOfLookAlikes } from './clients/look-alike-clients.ts'
import { createClientSecrets } from './clients/secrets.ts'
import { checkStaticClients, checkStaticNames } from './clients/static-clients.ts'
import { warnOfClients } from './clients/warnings.ts'
import { checkStorage } from './config/check-storage.ts'
import { resolveConfig, type Config } from './config/config.ts'
import type { AuthorizationServerOptions } from './config/options.ts'
import { createConnections } from './connections/connections.ts'
import { createConnectionTeller } from './connections/events.ts'
import { createConnectionRoutes } from './connections/routes.ts'
import { createSignInRoutes } from './connections/sign-in.ts'
import { checkMounting } from './embedding/check-mounting.ts'
import { ConfigurationError } from './errors.ts'
import { createApp } from './http/app.ts'
import { createAssetRoutes } from './http/assets.ts'
import { createByPath, type PathMiddleware } from './http/by-path.ts'
import { createErrorRenderer } from './http/error-page.ts'
import { createFront } from './http/front.ts'
import { createPostAuthorization } from './http/post-authorization.ts'
import { createFormTokens } from './interaction/csrf.ts'
import type { PageParts } from './interaction/parts.ts'
import { createInteractionRoutes } from './interaction/routes.ts'
import { createServerKeys } from './keys/server-keys.ts'
import { createLogos, type Logos } from './logos/logos.ts'
import type { AdapterParts } from './provider/adapter.ts'
import { createClientRequests, explainClientErrors } from './provider/client-authentication.ts'
import { addClientId } from './provider/empty-secrets.ts'
import { toConfiguration } from './provider/configuration.ts'
import { createExchangeCompletion } from './provider/exchange.ts'
import {
  acceptProofsOnce,
  changeParameters,
  compareHashedSecrets,
  keepOwnMembersInGrants,
  nameGrantInTokens,
  promptsOf,
  recheckRedirectUris,
  storeJwtAccessTokens,
} from './provider/internals.ts'
import { createMetadata } from './provider/metadata.ts'
import { nameAudience } from './provider/resource.ts'
import {
  connectionsPath,
  disconnectPath,
  interactionPath,
  logoPath,
  oauthMetadataPath,
  openidMetadataPath,
  routes,
  signInPath,
  signOutPath,
} from './provider/routes.ts'
import { findOpened } from './provider/pushed-requests.ts'
import { readParameters } from './provider/read-parameters.ts'
import { checkRequestSize } from './provider/request-bounds.ts'
import { answerInQuery } from './provider/response-modes.ts'
import { reportUnavailableStorage, toAnsweringStorage } from './provider/unavailable.ts'
import { createWaitingRequests } from './provider/waiting-requests.ts'
import { createRegisteredClients } from './registration/registered-clients.ts'
import type { AuthorizationServer } from './server.ts'
import type { Storage } from './storage.ts'
import { explainGrantErrors } from './tokens/grant-errors.ts'
import { createIntrospect } from './tokens/introspect.ts'
import { createIntrospectionResponse, createRevocationResponse } from './tokens/responses.ts'
import { createTokenValues } from './tokens/token-values.ts'
import { createViews } from './views.ts'

/** Makes the storage of a server that is meant to forget. */
export const createForgetfulStorage: () => Storage = () => createMemoryAdapter()

/**
 * Creates the authorization server. Nothing is opened or started.
 *
 * @throws {@link ConfigurationError} with every mistake in the options at once
 */
export function createAuthorizationServer(
  options: AuthorizationServerOptions,
): AuthorizationServer {
  const resolved = resolveConfig(options, createMemoryAdapter)
  const config = { ...resolved, storage: toAnsweringStorage(resolved.storage) }
  const views = createViews(config.views, config.issuer)
  const renderError = createErrorRenderer(views, config.issuer)
  const values = createTokenValues(config.storage.deriveKeys('token values'))
  const teller = createConnectionTeller()
  const secrets = createClientSecrets(config.storage.deriveKeys('client secrets'))
  const clientRecords = cacheClients(config.storage)
  const keepClient = createClientKeeping(clientRecords, config.storage, secrets)
  const waiting = createWaitingRequests(config, clientRecords)
  const kept = { values, teller, clientRecords, keepClient, waiting }
  const provider = createProvider(config, toConfiguration(config, renderError, kept))
  adapt(provider, config, { ...kept, match: createSecretMatching(clientRecords, secrets) })
  checkStaticClients(provider, config)
  const logos = createLogos(config)

  const metadata = createMetadata(config, views.languages, promptsOf(provider))
  const connections = createConnections(config.storage.grants, teller)
  const registered = createRegisteredClients({ config, provider, secrets, connections })
  const findClient = createFindShownClient(provider, clientRecords)
  const keys = createServerKeys(provider, config)
  const asGet = createPostAuthorization(config.issuer, checkRequestSize)
  use(provider, [
    createFront(provider, config, renderError),
    compose([keys.middleware, createClientRequests(provider)]),
    createByPath([
      [routes.token, createExchangeCompletion(provider, config.storage.grants)],
      [routes.introspection, createIntrospectionResponse(provider, config)],
      [routes.revocation, createRevocationResponse(provider, config)],
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
    introspect: createIntrospect(provider, config, keys.follow),
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
  nameGrantInTokens(provider, values, Object.keys(resourceServer.scopes))
  if (resourceServer.accessTokenFormat === 'jwt') storeJwtAccessTokens(provider, values)
  recheckRedirectUris(provider)
  const prompts = promptsOf(provider)
  changeParameters(provider, (params, { ctx, route }) => {
    addClientId(params, ctx)
    readParameters(params, { ctx, route, prompts })
    nameAudience(params, resourceServer.audience)
  })
  answerInQuery(provider)
  acceptProofsOnce(provider, waiting.get('ReplayDetection') ?? storage.records('ReplayDetection'))
  reportUnavailableStorage(provider)
  explainGrantErrors(provider)
  explainClientErrors(provider)
}

/** What people see, beside errors. */
function createPages(given: Omit<PageParts, 'formTokens'>): readonly PathMiddleware[] {
  const parts = { ...given, formTokens: createFormTokens(given.config.cookieKeys) }
  const connections = createConnectionRoutes(parts)
  const signIn = createSignInRoutes(parts)
  return [
    ...createAssetRoutes(given.views.assets),
    [{ begins: `${logoPath}/` }, given.logos.middleware],
    [connectionsPath, connections],
    [disconnectPath, connections],
    [signInPath, signIn],
    [signOutPath, signIn],
    [{ begins: `${interactionPath}/` }, createInteractionRoutes(parts)],
  ]
}

function createProvider({ issuer, configure }: Config, mapped: Configuration): Provider {
  const configuration: unknown = configure(mapped)
  if (typeof configuration !== 'object' || configuration === null) {
    // Without one, the framework would start with development keys and a sign-in for anybody.
    const message = 'must return the configuration to use'
    throw new ConfigurationError([{ path: 'configure', code: 'no_configuration', message }])
  }
  try {
    return new Provider(issuer, configuration)
  } catch (error) {
    // What it says of keys has the private key as its cause.
    if (!(error instanceof Error) || !error.message.startsWith('jwks')) throw error
    const { message } = error
    throw new ConfigurationError([{ path: 'signingKeys', code: 'invalid_key', message }])
  }
}
