import Provider, { type Configuration } from 'oidc-provider'
import type { SecretComparison } from '../clients/secrets.ts'
import { hashedSecret } from '../clients/stored-client.ts'
import type { Config } from '../config/config.ts'
import { ConfigurationError } from '../errors.ts'
import type { TokenValues } from '../grants/token-values.ts'
import { createCookieKeys } from '../http/cookie-keys.ts'
import type { RecordStorage } from '../storage.ts'
import { explainErrors } from './endpoint-errors.ts'
import {
  acceptProofsOnce,
  changeParameters,
  compareHashedSecrets,
  internalsOf,
  keepOwnMembersInGrants,
  nameGrantInTokens,
  recheckRedirectUris,
} from './internals.ts'
import { createParameterReader } from './read-parameters.ts'
import { answerInQuery } from './response-modes.ts'
import { reportUnavailableStorage } from './unavailable.ts'

/** A provider, as `configure` made it. */
interface CreatedProvider {
  readonly provider: Provider
  /** Whether `configure` left all settings as they are that `quick-requests.ts` relies on. */
  readonly isShipped: boolean
}

/**
 * Creates the provider with the configuration that `configure` makes of ours.
 *
 * @throws {@link ConfigurationError} if `configure` asks for something that this server cannot do, or if a signing key is invalid
 */
export function createProvider(
  { issuer, configure }: Config,
  mapped: Configuration,
): CreatedProvider {
  // `configure` may change it in place.
  const before = new Map([...unasked, ...relied].map((path) => [path, valueAt(mapped, path)]))
  const configuration: unknown = configure(mapped)
  if (typeof configuration !== 'object' || configuration === null) {
    // Without one, the framework would start with development keys and a sign-in for anybody.
    const message = 'must return the configuration to use'
    throw new ConfigurationError([{ path: 'configure', code: 'no_configuration', message }])
  }
  checkConfigured(configuration, before)
  try {
    const isShipped = relied.every((path) => valueAt(configuration, path) === before.get(path))
    return { provider: new Provider(issuer, configuration), isShipped }
  } catch (error) {
    // The framework's error about keys has the private key as its cause.
    if (!(error instanceof Error) || !error.message.startsWith('jwks')) throw error
    const { message } = error
    throw new ConfigurationError([{ path: 'signingKeys', code: 'invalid_key', message }])
  }
}

/** Features that change codes, refresh tokens, or the access tokens that come of them. */
const unsupported = [
  'attestClientAuth',
  'ciba',
  'deviceFlow',
  'mTLS',
  'openid4vci',
  'richAuthorizationRequests',
]

/** Settings that the framework's own handlers of codes and refresh tokens ask. This server replaces those handlers. */
const unasked = [
  'allowOmittingSingleRegisteredRedirectUri',
  'expiresWithSession',
  'features.resourceIndicators.defaultResource',
  'features.resourceIndicators.enabled',
  'features.resourceIndicators.useGrantedResource',
  'findAccount',
  'issueRefreshToken',
  'rotateRefreshToken',
  'ttl.AccessToken',
  'ttl.RefreshToken',
]

/** Settings that the framework asks when it answers an ordinary request of a client. Quick answers do not ask, or know the function. */
const relied = [
  'clientAuthMethods',
  'extraTokenClaims',
  'features.attestClientAuth.additionalSecuritySignal',
  'features.clientIdMetadataDocument.enabled',
  'features.dPoP.nonceSecret',
  'features.introspection.allowedPolicy',
  'features.introspection.enabled',
  'features.jwtIntrospection.enabled',
  'features.resourceIndicators.getResourceServerInfo',
  'features.revocation.allowedPolicy',
  'features.revocation.enabled',
  'revokeGrantPolicy',
  'routes.introspection',
  'routes.revocation',
  'routes.token',
]

/**
 * Checks that `configure` asks for nothing that the token endpoint would silently leave out.
 *
 * @param before - the settings before `configure`, by their path
 */
function checkConfigured(configured: Configuration, before: ReadonlyMap<string, unknown>): void {
  const scopes = [...(configured.scopes ?? ['openid'])]
  const { introspection = '', revocation = '' } = configured.routes ?? {}
  const messages = [
    ...unsupported
      .map((name) => `features.${name}`)
      .filter((path) => valueAt(configured, `${path}.enabled`) === true)
      .map((path) => `${path} is not supported by the token endpoint: leave it off`),
    ...unasked
      .filter((path) => valueAt(configured, path) !== before.get(path))
      .map((path) => `${path} is not asked by the token endpoint: leave it as it is`),
    ...Object.entries({ introspection, revocation })
      .filter(([, path]) => /[^\w./~-]/.test(path))
      .map(([name]) => `routes.${name} must be a path without parameters`),
    ...(scopes.includes('openid')
      ? ['scopes must not contain openid: the token endpoint issues no ID tokens']
      : []),
  ]
  if (messages.length === 0) return
  const toIssue = (message: string) => ({ path: 'configure', code: 'not_supported', message })
  throw new ConfigurationError(messages.map((message) => toIssue(message)))
}

/** A setting by its path. Two lists are equal if their texts are. */
function valueAt(configuration: Configuration, path: string): unknown {
  const found = path
    .split('.')
    .reduce<unknown>(
      (value, name) => (value as Readonly<Record<string, unknown>> | undefined)?.[name],
      configuration,
    )
  return Array.isArray(found) ? found.join(' ') : found
}

/** Changes the framework where it has no option: keys of cookies, secrets, models, parameters, errors. */
export function adaptProvider(
  provider: Provider,
  { storage, resourceServer }: Config,
  {
    values,
    waiting,
    ...secrets
  }: SecretComparison & {
    readonly values: TokenValues
    readonly waiting: ReadonlyMap<string, RecordStorage>
  },
): void {
  // `configure` may have replaced the keys.
  if (Array.isArray(provider.keys)) provider.keys = createCookieKeys(provider.keys)
  compareHashedSecrets(provider, hashedSecret, secrets)
  keepOwnMembersInGrants(provider)
  nameGrantInTokens(provider, values)
  recheckRedirectUris(provider)
  const read = createParameterReader(
    internalsOf(provider).configuration.prompts,
    resourceServer.audience,
  )
  changeParameters(provider, read)
  answerInQuery(provider)
  acceptProofsOnce(provider, waiting.get('ReplayDetection') ?? storage.records('ReplayDetection'))
  reportUnavailableStorage(provider)
  explainErrors(provider)
}
