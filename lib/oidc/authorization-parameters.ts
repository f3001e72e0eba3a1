import { errors, type Client, type Configuration, type KoaContextWithOIDC } from 'oidc-provider'
import { toScopeNames } from '../pleo/scopes.ts'
import { parseSubject, type Subject, type SubjectType } from '../pleo/subject.ts'
import { maxAgeParameter } from './read-parameters.ts'

/** The subject that the client asks for, so that the person does not choose again. */
const subjectParameter = 'urn:pleo:params:oauth:subject'
const subjectParameterAlias = 'urn_pleo_params_oauth_subject'

type Parameters = Readonly<Record<string, unknown>>

/** The type of subject that people connect this client to. */
export function subjectTypeOf(client: Client): SubjectType {
  return client['subject_type_preference'] === 'organization' ? 'organization' : 'company'
}

/** The subject that an authorization request names; `undefined` if it names no subject. */
export function requestedSubject(params: Parameters): Subject | undefined {
  const value = params[subjectParameter] ?? params[subjectParameterAlias]
  return typeof value === 'string' ? parseSubject(value) : undefined
}

/**
 * Rules on parameters that the framework does not check. They run after its own checks, at the authorization endpoint and at the
 * pushed authorization request endpoint.
 *
 * @param defaultScopes - the scopes of a request without `scope`, if the client is registered for them
 */
export function toParameterChecks(
  defaultScopes: readonly string[],
): NonNullable<Configuration['extraParams']> {
  return {
    redirect_uri: (_ctx, value, client) => checkRedirectUri(client, value),
    response_mode: (ctx, value) => {
      if (value === undefined || value === 'query') return
      forgetParameter(ctx, 'response_mode')
      throw new errors.UnsupportedResponseMode()
    },
    scope: (ctx, value, client) => {
      const requested = [...toScopeNames(value), ...droppedScopes(ctx)]
      checkScopes(client, requested)
      if (requested.length === 0) setDefaultScope(ctx, client, defaultScopes)
    },
    [maxAgeParameter]: (_ctx, value) => checkMaxAge(value),
    [subjectParameter]: (ctx, _value, client) => {
      const params = ctx.oidc.params ?? {}
      checkSubject([params[subjectParameter], params[subjectParameterAlias]], subjectTypeOf(client))
    },
    [subjectParameterAlias]: null,
  }
}

/**
 * Checks an authorization request against the registration of its client, which may change while a person decides.
 *
 * @throws InvalidRedirectUri, after which nobody may be sent there; UnauthorizedClient; InvalidRequest; InvalidScope
 */
export function checkRegistration(client: Client, params: Parameters): void {
  const { redirect_uri: redirectUri, scope, code_challenge: challenge } = params
  // A request of the device flow, which `configure` can switch on, has no redirect URI.
  if (redirectUri !== undefined) {
    checkRedirectUri(client, redirectUri)
    if (!client.grantTypeAllowed('authorization_code')) throw new errors.UnauthorizedClient()
    if (challenge === undefined && needsProofKey(client)) {
      throw new errors.InvalidRequest('code_challenge is required')
    }
  }
  if (typeof scope === 'string') checkScopes(client, toScopeNames(scope))
}

/**
 * Returns the error to tell the client of, if {@link checkRegistration} throws one.
 *
 * @throws InvalidRedirectUri
 */
export function findRefusal(
  client: Client,
  params: Parameters,
): Pick<errors.OIDCProviderError, 'error' | 'error_description'> | undefined {
  try {
    checkRegistration(client, params)
    return undefined
  } catch (refusal) {
    const isTold = refusal instanceof errors.OIDCProviderError
    if (!isTold || refusal instanceof errors.InvalidRedirectUri) throw refusal
    return { error: refusal.error, error_description: refusal.error_description }
  }
}

/** Whether the client is registered without the exception from PKCE (RFC 7636). */
export const needsProofKey = (client: Client): boolean => client['pkce_exception'] !== true

/** No application listens on such a port, but the framework allows any digits (RFC 8252, Section 7.3). */
const emptyOrZeroPort = /^http:\/\/[^/?#]*:(?:0\d*)?(?:[/?#]|$)/i

function checkRedirectUri(client: Client, value: unknown): void {
  const uri = String(value)
  if (!client.redirectUriAllowed(uri) || emptyOrZeroPort.test(uri)) {
    throw new errors.InvalidRedirectUri()
  }
}

function checkScopes(client: Client, requested: readonly string[]): void {
  const registered = new Set(toScopeNames(client.scope))
  const unknown = requested.find((name) => !registered.has(name))
  if (unknown === undefined) return
  throw new errors.InvalidScope('requested scope is not allowed', unknown)
}

function checkSubject(values: readonly unknown[], type: SubjectType): void {
  const [first, second] = values.filter((value) => value !== undefined)
  if (first === undefined) return
  if (second !== undefined && second !== first) {
    throw new errors.InvalidRequest(`${subjectParameter} must not be provided twice`)
  }
  const subject = typeof first === 'string' ? parseSubject(first) : undefined
  if (!subject) throw new errors.InvalidRequest(`${subjectParameter} must be a subject URN`)
  if (subject.type !== type) {
    const article = type === 'organization' ? 'an' : 'a'
    throw new errors.InvalidRequest(
      `${subjectParameter} must be ${article} ${type} for this client`,
    )
  }
}

function checkMaxAge(value: string | undefined): void {
  if (value === undefined || (/^\d+$/.test(value) && Number.isSafeInteger(Number(value)))) return
  throw new errors.InvalidRequest('max_age must be a whole number of seconds, 0 or more')
}

/** @see {@link https://www.rfc-editor.org/rfc/rfc6749.html#section-3.3 RFC 6749, Section 3.3} */
function setDefaultScope(
  { oidc: { params } }: KoaContextWithOIDC,
  client: Client,
  defaultScopes: readonly string[],
): void {
  const registered = new Set(client.scope?.split(' '))
  const scopes = defaultScopes.filter((name) => registered.has(name))
  if (!params || scopes.length === 0) throw missingScope()
  params['scope'] = scopes.join(' ')
}

function missingScope(): Error {
  const error = new errors.InvalidScope('missing required parameter scope', '')
  // Otherwise the answer would have an empty scope.
  Reflect.deleteProperty(error, 'scope')
  return error
}

/** The framework silently removes `offline_access` from a request. Here it is a scope like any other. */
function droppedScopes(ctx: KoaContextWithOIDC): readonly string[] {
  const { scope } = ctx.method === 'POST' ? (ctx.oidc.body ?? {}) : ctx.query
  return typeof scope === 'string' && toScopeNames(scope).includes('offline_access')
    ? ['offline_access']
    : []
}

function forgetParameter(ctx: KoaContextWithOIDC, name: string): void {
  const params = ctx.oidc.params
  if (params) params[name] = undefined
}
