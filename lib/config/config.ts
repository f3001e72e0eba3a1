import type { JWKS } from 'oidc-provider'
import { findShortSecrets } from '../clients/startup-checks.ts'
import { withoutEmpty, withPlainScopes } from '../clients/metadata-values.ts'
import { defaultProofAlgorithms } from '../validation/dpop-proof.ts'
import { ConfigurationError, type ConfigurationIssue } from '../errors.ts'
import { pleoScopes } from '../pleo/scopes.ts'
import type {
  RequestLimits,
  AuthorizationServerOptions,
  Lifetimes,
  ResourceServerOptions,
} from './options.ts'
import { generateSigningKeys } from '../keys/generate.ts'
import type { Storage } from '../storage.ts'
import { findTemplateIssues, type FindTemplateMistakes } from '../pages/views-options.ts'
import type { ClientRules } from '../clients/metadata-check.ts'
import { completeLifetimes } from './lifetimes.ts'
import { completeLimits, type CompleteLimits } from './limit-options.ts'
import { findIssues, toClientRules } from './schema.ts'

type Optional = 'allowShortClientSecrets' | 'registration' | 'reservedHosts'
type OfOwnType = 'anonymousRequests' | 'lifetimes' | 'limits' | 'resourceServer' | 'signingKeys'

/** The options, complete: every default filled in. */
export interface Config
  extends
    Required<Omit<AuthorizationServerOptions, Optional | OfOwnType>>,
    Pick<AuthorizationServerOptions, Optional> {
  /** Whether the issuer is `http`, which only loopback hosts may be: logos may be there as well. */
  readonly isDevelopment: boolean
  /** If the keys are in the storage, a key for nothing: the provider cannot be constructed without one. */
  readonly signingKeys: JWKS
  readonly hasStoredKeys: boolean
  readonly resourceServer: Required<ResourceServerOptions>
  readonly lifetimes: Lifetimes
  readonly anonymousRequests: RequestLimits
  readonly limits: CompleteLimits
  /** The rules for new clients: the same as for the clients of the options. */
  readonly clientRules: ClientRules
}

/**
 * Checks the options and fills in the defaults.
 *
 * @param createDefaultStorage - makes the storage of a server that was given none
 * @param findTemplateMistakes - checks the templates of the host; called only if there are any
 * @throws {@link ConfigurationError} with every mistake at once
 */
export function resolveConfig(
  options: AuthorizationServerOptions,
  createDefaultStorage: () => Storage,
  findTemplateMistakes: FindTemplateMistakes,
): Config {
  // The only place that reads the environment: settings for a try-out must not reach customers unnoticed.
  const inProduction = process.env['NODE_ENV'] === 'production' || hasHttpsIssuer(options)
  const issues = [
    ...findIssues(options),
    ...findTemplateIssues((options as typeof options | undefined)?.views, findTemplateMistakes),
    ...(inProduction ? productionIssues(options) : []),
  ]
  if (issues.length > 0) throw new ConfigurationError(issues)

  const { signingKeys, resourceServer } = options
  return {
    ...options,
    storage: options.storage ?? createDefaultStorage(),
    isDevelopment: !hasHttpsIssuer(options),
    signingKeys: typeof signingKeys === 'object' ? signingKeys : generateSigningKeys(),
    resourceServer: {
      audience: resourceServer.audience,
      scopes: resourceServer.scopes ?? pleoScopes,
      defaultScopes: resourceServer.defaultScopes ?? [],
      clientIds: resourceServer.clientIds ?? [],
      accessTokenFormat: resourceServer.accessTokenFormat ?? 'opaque',
    },
    clients: (options.clients ?? []).map((client) => withPlainScopes(withoutEmpty(client))),
    nameSigns: options.nameSigns ?? '',
    hasStoredKeys: signingKeys === 'stored',
    lifetimes: completeLifetimes(options.lifetimes),
    refreshRetryWindow: options.refreshRetryWindow ?? 60,
    refreshOverlap: options.refreshOverlap ?? 10,
    publicRefreshOverlap: options.publicRefreshOverlap ?? 3,
    dpopSigningAlgorithms: options.dpopSigningAlgorithms ?? defaultProofAlgorithms,
    anonymousRequests: { count: 20_000, bytes: 16 * 1024 * 1024, ...options.anonymousRequests },
    limits: completeLimits(options.limits),
    trustedProxies: options.trustedProxies ?? [],
    views: options.views ?? {},
    clientRules: toClientRules(options),
    configure: options.configure ?? ((configuration) => configuration),
  }
}

function hasHttpsIssuer(options: Partial<AuthorizationServerOptions> | null | undefined): boolean {
  const issuer: unknown = options?.issuer
  return typeof issuer === 'string' && /^https:/i.test(issuer)
}

/** Settings for a try-out, which must not reach customers. */
function productionIssues(
  options: Partial<AuthorizationServerOptions> | null | undefined,
): readonly ConfigurationIssue[] {
  const { storage, signingKeys, cookieKeys, clients, allowShortClientSecrets } = options ?? {}
  const issues: ConfigurationIssue[] = []
  const refuse = (path: string, problem: string, advice: string): void => {
    const message = `${problem} in production (NODE_ENV, or an https issuer)${advice}`
    issues.push({ path, code: 'not_for_production', message })
  }
  if (!storage) {
    const advice =
      ': without it everything is lost at a restart (createMemoryAdapter() says that this is meant)'
    refuse('storage', 'is required', advice)
  }
  if (!signingKeys) {
    const advice =
      ': without it keys change at every restart ("stored" keeps them in the storage, "ephemeral" says that this is meant)'
    refuse('signingKeys', 'is required', advice)
  }
  const short = 'must have at least 32 characters'
  for (const [index, key] of Array.isArray(cookieKeys) ? cookieKeys.entries() : []) {
    if (typeof key === 'string' && key.length < 32) refuse(`cookieKeys[${index}]`, short, '')
  }
  if (allowShortClientSecrets === true || !Array.isArray(clients)) return issues
  for (const path of findShortSecrets(clients)) {
    const advice =
      ': generateClientSecret() makes one. For clients that have a shorter one already, set allowShortClientSecrets'
    refuse(path, short, advice)
  }
  return issues
}
