import type { Context } from 'koa'
import { errors } from 'oidc-provider'
import { toScopeNames } from '../pleo/scopes.ts'
import { addClientId } from './empty-secrets.ts'
import { checkRequestSize } from './request-bounds.ts'
import { nameAudience } from './resource-indicators.ts'

/** The parameters of a request, as the framework read them: lists are parameters that were sent more than once. */
export type ReadParameters = Record<string, unknown>

/**
 * The name of `max_age` inside this server. Under its own name the framework refuses it without the scope `openid`.
 *
 * @see {@link https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest OpenID Connect Core, Section 3.1.2.1}
 */
export const maxAgeParameter = 'urn:pleo:params:oauth:max_age'

/** Parameters that mean nothing without an ID token. */
const ignored = ['nonce', 'acr_values', 'claims_locales', 'id_token_hint']

const authorizationRoutes: ReadonlySet<string> = new Set([
  'authorization',
  'pushed_authorization_request',
])

/** How long a scope is at most, in characters, and how many values a parameter that is sent more than once has. */
const longestScope = 10_000
const mostValues = 100

/** Refuses what is too long to be split or compared, before it is. */
function refuseOversized(params: ReadParameters): void {
  for (const [name, value] of Object.entries(params)) {
    if (Array.isArray(value) && value.length > mostValues) {
      throw new errors.InvalidRequest(`${name} is sent more than ${mostValues} times`)
    }
  }
  const { scope } = params
  if (typeof scope === 'string' && scope.length > longestScope) {
    throw new errors.InvalidRequest(`scope must have ${longestScope} characters at most`)
  }
}

/**
 * Makes the function that changes the parameters of a request to what they mean, before the framework looks at them. It throws
 * `invalid_request` if the request is too large.
 *
 * @param knownPrompts - the values of `prompt` that this server knows
 */
export const createParameterReader =
  (knownPrompts: ReadonlySet<string>, audience: string): ParameterReader =>
  (params, { ctx, route }) => {
    addClientId(params, ctx)
    if (authorizationRoutes.has(route)) checkRequestSize(ctx)
    refuseOversized(params)
    const { scope, resource } = params
    if (typeof scope === 'string') params['scope'] = toScopeNames(scope).join(' ') || undefined
    if (resource !== undefined) params['resource'] = nameAudience(resource, audience)
    if (authorizationRoutes.has(route)) readAuthorizationParameters(params, knownPrompts)
  }

type ParameterReader = (
  params: ReadParameters,
  /** `route` is the framework's name of the endpoint. */
  request: { readonly ctx: Context; readonly route: string },
) => void

function readAuthorizationParameters(
  params: ReadParameters,
  knownPrompts: ReadonlySet<string>,
): void {
  const { scope, prompt, max_age: maxAge } = params
  if (typeof prompt === 'string') params['prompt'] = toPrompt(prompt, knownPrompts)
  // A host that switches OpenID Connect on by `configure` has all of it.
  if (toScopeNames(scope).includes('openid')) return
  for (const name of ignored) if (name in params) params[name] = undefined
  if (typeof maxAge === 'string') {
    params[maxAgeParameter] = maxAge
    params['max_age'] = undefined
  }
}

/** Unknown values are ignored. Beside `none` they are not: the framework refuses every value beside it that it knows. */
function toPrompt(prompt: string, known: ReadonlySet<string>): string | undefined {
  const values = new Set(prompt.split(' ').filter(Boolean))
  if (values.has('none') && values.size > 1) return 'none consent'
  return [...values].filter((value) => known.has(value)).join(' ') || undefined
}
