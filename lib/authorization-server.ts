import type Koa from 'koa'
import compose from 'koa-compose'
import Provider, { type Configuration } from 'oidc-provider'
import { createMemoryAdapter } from '../adapters/memory.ts'
import { checkStaticClients } from './clients/static-clients.ts'
import { checkStorage } from './config/check-storage.ts'
import { resolveConfig, type Config } from './config/config.ts'
import type { AuthorizationServerOptions } from './config/options.ts'
import { createConnections, type Connections } from './connections/connections.ts'
import { createConnectionTeller } from './connections/events.ts'
import { createConnectionRoutes } from './connections/routes.ts'
import { createSignInRoutes } from './connections/sign-in.ts'
import { ConfigurationError } from './errors.ts'
import { createApp } from './http/app.ts'
import { createAssetRoutes } from './http/assets.ts'
import { createByPath, type PathMiddleware } from './http/by-path.ts'
import { createErrorBoundary } from './http/error-boundary.ts'
import { createErrorRenderer } from './http/error-page.ts'
import { createMethodCheck } from './http/methods.ts'
import { createPostAuthorization } from './http/post-authorization.ts'
import { createQueryOnly } from './http/query-only.ts'
import { createSecurityHeaders } from './http/security-headers.ts'
import { createFormTokens } from './interaction/csrf.ts'
import type { PageParts } from './interaction/parts.ts'
import { createInteractionRoutes } from './interaction/routes.ts'
import { createLogos } from './logos/logos.ts'
import { toConfiguration } from './provider/configuration.ts'
import { createExchangeCompletion } from './provider/exchange.ts'
import { acceptProofsOnce, keepSubjectInGrants, nameGrantInTokens } from './provider/internals.ts'
import { createKeyCaching, createMetadata } from './provider/metadata.ts'
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
import { reportUnavailableStorage, toAnsweringStorage } from './provider/unavailable.ts'
import { explainGrantErrors } from './tokens/grant-errors.ts'
import { createIntrospectionResponse, createRevocationResponse } from './tokens/responses.ts'
import { createTokenValues } from './tokens/token-values.ts'
import { createViews } from './views.ts'

/** A running authorization server, without a port of its own. */
export interface AuthorizationServer {
  /** The Koa application: listen with it, or mount it in another one. */
  readonly app: Koa
  /** The oidc-provider instance behind it, for its events and models. */
  readonly provider: Provider
  /** What people have granted. */
  readonly connections: Connections
  /**
   * Looks at how the storage is set up: with Redis, whether it would drop connections when memory is short.
   * Meant for the start, before the first request.
   *
   * @throws {@link ConfigurationError} with everything that is wrong; whatever the storage throws
   * where it cannot be reached
   */
  check(): Promise<void>
}

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
  const { issuer, resourceServer } = config
  const views = createViews(config.views, issuer)
  const renderError = createErrorRenderer(views)
  const values = createTokenValues(config.storage.deriveKeys('token values'))
  const teller = createConnectionTeller()
  const provider = createProvider(config, toConfiguration(config, renderError, { values, teller }))
  keepSubjectInGrants(provider)
  nameGrantInTokens(provider, values)
  acceptProofsOnce(provider, config.storage.records('ReplayDetection'))
  reportUnavailableStorage(provider)
  explainGrantErrors(provider)
  checkStaticClients(provider, config.clients)

  const formTokens = createFormTokens(config.cookieKeys)
  const metadata = createMetadata(Object.keys(resourceServer.scopes), views.languages)
  const connections = createConnections(config.storage.grants, teller)
  const logos = createLogos(issuer)
  for (const middleware of [
    createSecurityHeaders(issuer),
    createMethodCheck(),
    createErrorBoundary(provider, renderError),
    createByPath([
      [routes.token, createExchangeCompletion(config.storage.grants)],
      [routes.introspection, createIntrospectionResponse(config)],
      [routes.revocation, createRevocationResponse()],
      [routes.jwks, createKeyCaching()],
      [routes.authorization, compose([createQueryOnly(), createPostAuthorization(issuer)])],
      [{ begins: `${routes.authorization}/` }, createQueryOnly()],
      [oauthMetadataPath, metadata],
      [openidMetadataPath, metadata],
      ...createAssetRoutes(views.assets),
      [{ begins: `${logoPath}/` }, logos.middleware],
      ...createPages({ provider, config, views, formTokens, connections, logos }),
    ]),
  ]) {
    provider.use(middleware)
  }
  return {
    app: createApp(provider),
    provider,
    connections,
    check: () => checkStorage(resolved.storage),
  }
}

/** What people see, beside errors. */
function createPages(parts: PageParts): readonly PathMiddleware[] {
  const connections = createConnectionRoutes(parts)
  const signIn = createSignInRoutes(parts)
  return [
    [connectionsPath, connections],
    [disconnectPath, connections],
    [signInPath, signIn],
    [signOutPath, signIn],
    [{ begins: `${interactionPath}/` }, createInteractionRoutes(parts)],
  ]
}

function createProvider(config: Config, mapped: Configuration): Provider {
  const configuration: unknown = config.configure(mapped)
  if (typeof configuration !== 'object' || configuration === null) {
    // Without one, the framework would start with development keys and a sign-in for anybody.
    const message = 'must return the configuration to use'
    throw new ConfigurationError([{ path: 'configure', code: 'no_configuration', message }])
  }
  try {
    return new Provider(config.issuer, configuration)
  } catch (error) {
    // What it says of keys has the private key as its cause.
    if (!(error instanceof Error) || !error.message.startsWith('jwks')) throw error
    const { message } = error
    throw new ConfigurationError([{ path: 'signingKeys', code: 'invalid_key', message }])
  }
}
