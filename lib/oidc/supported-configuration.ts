import type { Configuration } from 'oidc-provider'
import { ConfigurationError } from '../errors.ts'

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

/**
 * Checks that `configure` asks for nothing that the token endpoint would silently leave out.
 *
 * @param given - the configuration before `configure`, which may change it in place
 * @returns the check of the configuration that `configure` returned; throws a ConfigurationError that names each setting
 */
export function createConfiguredCheck(given: Configuration): (configured: Configuration) => void {
  const before = new Map(unasked.map((path) => [path, valueAt(given, path)]))
  return (configured) => checkConfigured(configured, before)
}

function checkConfigured(configured: Configuration, before: ReadonlyMap<string, unknown>): void {
  const scopes = [...(configured.scopes ?? ['openid'])]
  const messages = [
    ...unsupported
      .map((name) => `features.${name}`)
      .filter((path) => valueAt(configured, `${path}.enabled`) === true)
      .map((path) => `${path} is not supported by the token endpoint: leave it off`),
    ...unasked
      .filter((path) => valueAt(configured, path) !== before.get(path))
      .map((path) => `${path} is not asked by the token endpoint: leave it as it is`),
    ...(scopes.includes('openid')
      ? ['scopes must not contain openid: the token endpoint issues no ID tokens']
      : []),
  ]
  if (messages.length === 0) return
  const toIssue = (message: string) => ({ path: 'configure', code: 'not_supported', message })
  throw new ConfigurationError(messages.map((message) => toIssue(message)))
}

const valueAt = (configuration: Configuration, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>(
      (value, name) => (value as Readonly<Record<string, unknown>> | undefined)?.[name],
      configuration,
    )
