import { createRequire } from 'node:module'
import type { Middleware } from 'koa'
import compose from 'koa-compose'
import type Provider from 'oidc-provider'
import { createMemoryAdapter } from '../adapters/memory.ts'
import type { Clients } from './clients/clients.ts'
import { createClientSecrets, createSecretMatching } from './clients/secrets.ts'
import { createClientKeeping, createClientStore } from './clients/store.ts'
import { cacheClients } from './clients/stored-client.ts'
import { resolveConfig, type Config } from './config/config.ts'
import type { AuthorizationServerOptions } from './config/options.ts'
import { createConnections } from './grants/connections.ts'
import { createConnectionTeller } from './grants/events.ts'
import { createApp, createByPath, type PathMiddleware } from './http/app.ts'
import { createErrorRenderer } from './http/error-page.ts'
import { createFront } from './http/front.ts'
import { adaptProvider, createProvider } from './oidc/create-provider.ts'
import { createServerKeys } from './oidc/server-keys.ts'
import { withInsides } from './operations/insides.ts'
import { withProxyVerdict } from './operations/proxy-question.ts'
import { createLogos } from './pages/logos/logos.ts'
import { toConfiguration } from './oidc/configuration.ts'
import { createMetadata } from './oidc/server-metadata.ts'
import { createPages } from './consent/create-pages.ts'
import { oauthMetadataPath, openidMetadataPath } from './paths.ts'
import { createQuickGrants } from './oidc/quick-grants.ts'
import { createQuickRequests } from './oidc/quick-requests.ts'
import { createEmptySecrets } from './oidc/read-parameters.ts'
import { toAnsweringLimiter, toAnsweringStorage } from './oidc/unavailable.ts'
import { createStrangers, createWaitingRequests, type Strangers } from './oidc/waiting-requests.ts'
import { checkStaticClients, createRegisteredClients } from './oidc/framework-clients.ts'
import { createAudit, type AuditRecorder } from './operations/audit.ts'
import {
  auditGrants,
  auditHits,
  auditRegistration,
  auditStore,
  createPeopleTeller,
} from './operations/audited.ts'
import { auditOperator } from './operations/audited-operators.ts'
import { createLife } from './operations/life.ts'
import { createLimits, type Limits } from './operations/limits.ts'
import { createMeasuring, type Measuring } from './operations/metrics.ts'
import { createRefusals } from './operations/refusals.ts'
import type { AuthorizationServer } from './server.ts'
import type { Storage } from './storage.ts'
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
  const measuring = createMeasuring()
  // `check` needs the storage of the host: this wrapper has no `check`.
  const config = { ...resolved, storage: toAnsweringStorage(resolved.storage, measuring.watch) }
  const views = createViews(config.views, config.issuer)
  const renderError = createErrorRenderer(views, config.issuer)
  const strangers = createStrangers(config)
  const audit = createAudit(strangers.addressOf)
  const limits = createHeardLimits(config, resolved.storage, { audit, measuring })
  const kept = { ...limits, ...createKept(config, audit, strangers) }
  const { provider, isShipped } = createProvider(config, toConfiguration(config, renderError, kept))
  adaptProvider(provider, config, kept)
  registerGrants(provider, config, kept)
  checkStaticClients(provider, config)
  const logos = createLogos(config)

  const metadata = withProxyVerdict(config, createMetadata(provider, config, views.languages))
  const connections = createConnections(config.storage.grants, kept.teller)
  const parts = { ...kept, config, provider, connections }
  const registered = createRegisteredClients(parts)
  const keys = createServerKeys(provider, config)
  const tokens = createTokenIntrospection(provider, config, { ...kept, keys })
  const quick = isShipped ? [createQuickGrants(provider, config, kept), ...tokens.quick] : []
  const { clients } = registered
  const lived = { ...parts, options, config: resolved, clients, logos, audit, measuring }
  const { middleware, trail, ...life } = createLife(lived)
  use(provider, [
    compose([middleware, audit.middleware, createFront(provider, config, renderError)]),
    compose([limits.middleware, keys.middleware]),
    createQuickRequests(provider, quick),
    createEmptySecrets(provider),
    createByPath([
      ...[oauthMetadataPath, openidMetadataPath].map((path): PathMiddleware => [path, metadata]),
      ...tokens.routes,
      ...registered.routes,
      ...createPages({ ...parts, views, logos }),
    ]),
  ])
  const server = {
    app: createApp(provider),
    provider,
    audit: audit.audit,
    ...auditOperator({ clients, connections, signingKeys: keys.signingKeys }, audit),
    introspect: tokens.introspect,
    explain: createRefusals(provider, config, { ...kept, trail }),
    ...life,
  }
  return withInsides(server, { config: resolved, findClientIssues: registered.findIssues })
}

/**
 * Makes the limits. Without a counter of the host or of the storage, each process counts alone.
 *
 * @param storage - that of the host
 */
function createHeardLimits(
  config: Config,
  storage: Storage,
  { audit, measuring }: { readonly audit: AuditRecorder; readonly measuring: Measuring },
): Limits {
  const memory = createMemoryAdapter()
  const create =
    config.limits.limiter ?? ((rule) => storage.limiter?.(rule) ?? memory.limiter(rule))
  const limits = createLimits(config, (rule) => toAnsweringLimiter(create(rule), measuring.watch))
  limits.onHit(auditHits(audit))
  limits.onHit(({ limit }) => measuring.countHit(limit))
  return limits
}

/** Makes the parts that need nothing but the storage, and lets `audit` hear of them. */
function createKept(config: Config, audit: AuditRecorder, strangers: Strangers) {
  const { storage, clients } = config
  const secrets = createClientSecrets(storage.deriveKeys('client secrets'))
  const clientRecords = cacheClients(storage)
  const store = auditStore(createClientStore(storage, secrets, clients), audit)
  return {
    ...strangers,
    secrets,
    clientRecords,
    store,
    values: createTokenValues(storage.deriveKeys('token values')),
    teller: auditGrants(createConnectionTeller(), audit),
    people: createPeopleTeller(audit),
    keepClient: createClientKeeping(clientRecords, store, clients),
    waiting: createWaitingRequests(config, clientRecords, strangers),
    match: createSecretMatching(clientRecords, secrets),
    watchRegistration: (created: Clients) => auditRegistration(created, audit),
  }
}

/** Adds one middleware: a second one is from the host. */
function use(provider: Provider, middlewares: readonly Middleware[]): void {
  provider.use(compose([...middlewares]))
}
