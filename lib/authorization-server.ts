import { createRequire } from 'node:module'
import type { Middleware } from 'koa'
import compose from 'koa-compose'
import type Provider from 'oidc-provider'
import { createMemoryAdapter } from '../adapters/memory.ts'
import type { Clients } from './clients/clients.ts'
import { createClientSecrets, createSecretMatching } from './clients/secrets.ts'
import { createClientKeeping, createClientStore } from './clients/store.ts'
import { cacheClients } from './clients/stored-client.ts'
import { check } from './config/check.ts'
import { resolveConfig, type Config } from './config/config.ts'
import type { AuthorizationServerOptions } from './config/options.ts'
import { createConnections } from './grants/connections.ts'
import { createConnectionTeller } from './grants/events.ts'
import { createConnectionRoutes } from './consent/connection-pages.ts'
import { createSignInRoutes } from './consent/sign-in-pages.ts'
import { checkMounting } from './http/check-mounting.ts'
import { createApp, createByPath, type PathMiddleware } from './http/app.ts'
import { createAssetRoutes } from './http/asset-routes.ts'
import { createPostAuthorization } from './http/authorization-request.ts'
import { createErrorRenderer } from './http/error-page.ts'
import { createFront } from './http/front.ts'
import { createFormTokens } from './consent/form-tokens.ts'
import type { PageParts } from './consent/interaction.ts'
import { createInteractionRoutes, createNextPage } from './consent/interaction-routes.ts'
import { adaptProvider, createProvider } from './oidc/create-provider.ts'
import { createServerKeys } from './oidc/server-keys.ts'
import { createLogos, type Logos } from './pages/logos/logos.ts'
import type { AdapterParts } from './oidc/adapter.ts'
import { toConfiguration } from './oidc/configuration.ts'
import { createMetadata } from './oidc/server-metadata.ts'
import {
  interactionPath,
  logoPath,
  oauthMetadataPath,
  openidMetadataPath,
  routes,
} from './paths.ts'
import { findOpened } from './oidc/pushed-requests.ts'
import { createQuickGrants } from './oidc/grant-types.ts'
import { createQuickRequests } from './oidc/quick-requests.ts'
import { createEmptySecrets } from './oidc/read-parameters.ts'
import { toAnsweringStorage } from './oidc/unavailable.ts'
import { createWaitingRequests } from './oidc/waiting-requests.ts'
import {
  checkStaticClients,
  createFindShownClient,
  createRegisteredClients,
} from './oidc/framework-clients.ts'
import { createClosing, type Closing } from './operations/close.ts'
import { createHealth } from './operations/health.ts'
import type { AuthorizationServer } from './server.ts'
import { registerGrants } from './oidc/token-endpoint.ts'
import { createTokenIntrospection } from './oidc/token-introspection.ts'
import { createTokenValues } from './grants/token-values.ts'
import { createViews } from './pages/pages.ts'
import type { FindTemplateMistakes } from './pages/views-options.ts'

/** The default storage, for the test kit as well. */
export { createMemoryAdapter }

/** Loads the template checker when it is called: a host without templates of its own never needs it. */
const findTemplateMistakes: FindTemplateMistakes = (views) => {
  // The compiler does not rewrite this path: the files are .ts here, and .js in the package.
  const path = `./workbench/template-check${import.meta.url.slice(-3)}`
  const checker = createRequire(import.meta.url)(path) as Record<
    'findTemplateMistakes',
    FindTemplateMistakes
  >
  return checker.findTemplateMistakes(views)
}

/**
 * Creates the authorization server. Nothing is opened or started.
 *
 * @throws ConfigurationError with every mistake in the options at once
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
  const keepClient = createClientKeeping(clientRecords, store, config.clients)
  const waiting = createWaitingRequests(config, clientRecords)
  const kept = { values, teller, clientRecords, keepClient, waiting }
  const { provider, isShipped } = createProvider(config, toConfiguration(config, renderError, kept))
  adaptProvider(provider, config, { ...kept, match: createSecretMatching(clientRecords, secrets) })
  registerGrants(provider, config, { values, teller })
  checkStaticClients(provider, config)
  const logos = createLogos(config)

  const metadata = createMetadata(provider, config, views.languages)
  const connections = createConnections(config.storage.grants, teller)
  const registered = createRegisteredClients({ config, provider, store, secrets, connections })
  const keys = createServerKeys(provider, config)
  const tokens = createTokenIntrospection(provider, config, { values, teller, keys })
  const quick = isShipped ? [createQuickGrants(provider, config, kept), ...tokens.quick] : []
  const { middleware, ...life } = createLife(resolved, registered.clients, logos)
  use(provider, [
    compose([middleware, createFront(provider, config, renderError)]),
    keys.middleware,
    createQuickRequests(provider, quick),
    createEmptySecrets(provider),
    createByPath([
      [oauthMetadataPath, metadata],
      [openidMetadataPath, metadata],
      ...tokens.routes,
      ...registered.routes,
      ...createPages({ provider, clientRecords, config, views, connections, logos }),
    ]),
  ])
  return {
    app: createApp(provider),
    provider,
    clients: registered.clients,
    connections,
    signingKeys: keys.signingKeys,
    introspect: tokens.introspect,
    ...life,
  }
}

/** The checks, the health and the end of the server, and the middleware that counts requests. `config` has the storage of the host. */
function createLife(
  config: Config,
  clients: Clients,
  logos: Logos,
): Pick<AuthorizationServer, 'check' | 'checkMounting' | 'health' | 'close'> &
  Pick<Closing, 'middleware'> {
  const { middleware, ...closing } = createClosing()
  return {
    middleware,
    check: () => check(config, clients, logos),
    checkMounting: (how = {}) => checkMounting(config.issuer, how),
    health: createHealth(config.storage, closing),
    close: closing.close,
  }
}

/** Adds one middleware: a second one is from the host. */
function use(provider: Provider, middlewares: readonly Middleware[]): void {
  provider.use(compose([...middlewares]))
}

/** The pages, without those of errors. */
function createPages({
  clientRecords,
  ...given
}: Omit<PageParts, 'formTokens' | 'findClient'> &
  Pick<AdapterParts, 'clientRecords'>): readonly PathMiddleware[] {
  const findClient = createFindShownClient(given.provider, clientRecords)
  const { config } = given
  const parts = { ...given, findClient, formTokens: createFormTokens(config.cookieKeys) }
  const nextPage = createNextPage(parts)
  return [
    [
      routes.authorization,
      compose([nextPage, createPostAuthorization(config.issuer), findOpened(config)]),
    ],
    [{ begins: `${routes.authorization}/` }, nextPage],
    ...createAssetRoutes(given.views.assets),
    [{ begins: `${logoPath}/` }, given.logos.middleware],
    ...createConnectionRoutes(parts),
    ...createSignInRoutes(parts),
    [{ begins: `${interactionPath}/` }, createInteractionRoutes(parts)],
  ]
}
