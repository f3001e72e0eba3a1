import type { Context, Middleware } from 'koa'
import type Provider from 'oidc-provider'
import { errors, type Client, type Configuration } from 'oidc-provider'
import type { ResourceServerOptions } from '../config/options.ts'
import { toScopeNames } from '../pleo/scopes.ts'
import { clientPaths } from '../paths.ts'
import { toNormalUri } from '../validation/url.ts'
import { createByPath } from '../http/app.ts'
import { checkRequestSize } from '../http/authorization-request.ts'
import { createRequestValue } from '../http/request-context.ts'

/** The parameters of a request, as the framework read them: a list is a parameter that was sent more than once. */
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

/** The request whose parameters are read. */
export interface ReadRequest {
  readonly ctx: Context
  /** The framework's name of the endpoint. */
  readonly route: string
}

/**
 * Creates the function that changes the parameters of a request to their meaning, before the framework looks at them. It throws a
 * `ProtocolError` if the request is too large.
 *
 * @param prompts - the values of `prompt` that this server knows
 */
export function createParameterReader(
  prompts: ReadonlySet<string>,
  audience: string,
): (params: ReadParameters, request: ReadRequest) => void {
  return (params, { ctx, route }) => {
    addClientId(params, ctx)
    const isAuthorization = authorizationRoutes.has(route)
    if (isAuthorization) checkRequestSize(ctx)
    refuseOversized(params)
    const { scope, resource } = params
    if (typeof scope === 'string') params['scope'] = toScopeNames(scope).join(' ') || undefined
    if (resource !== undefined) params['resource'] = nameAudience(resource, audience)
    if (isAuthorization) readAuthorizationRequest(params, prompts)
  }
}

function readAuthorizationRequest(params: ReadParameters, prompts: ReadonlySet<string>): void {
  const { scope, prompt, max_age: maxAge } = params
  if (typeof prompt === 'string') params['prompt'] = toPrompt(prompt, prompts)
  // A host that switches OpenID Connect on by `configure` has all of it.
  if (toScopeNames(scope).includes('openid')) return
  for (const name of ignored) if (name in params) params[name] = undefined
  if (typeof maxAge === 'string') {
    params[maxAgeParameter] = maxAge
    params['max_age'] = undefined
  }
}

/** Drops unknown values. But `none` together with any other value must be refused, which `none consent` makes the framework do. */
function toPrompt(prompt: string, known: ReadonlySet<string>): string | undefined {
  const values = new Set(prompt.split(' ').filter(Boolean))
  if (values.has('none') && values.size > 1) return 'none consent'
  return [...values].filter((value) => known.has(value)).join(' ') || undefined
}

/** The most characters of a scope, and the most values of a parameter that is sent more than once. */
const longestScope = 10_000
const mostValues = 100

/** Refuses a parameter that is too long to be split or compared. */
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

type ResourceIndicators = NonNullable<NonNullable<Configuration['features']>['resourceIndicators']>

/** The one API that tokens are for. A request that names another is refused (RFC 8707, Section 2). */
export function toResourceIndicators({
  audience,
  accessTokenFormat,
}: Required<Pick<ResourceServerOptions, 'audience' | 'accessTokenFormat'>>): ResourceIndicators {
  return {
    enabled: true,
    defaultResource: () => audience,
    useGrantedResource: () => true,
    getResourceServerInfo(_ctx, resource, client: Client) {
      // A grant may have the audience in the spelling that was configured earlier.
      if (!isEqual(resource, audience)) {
        throw new errors.InvalidTarget(`resource must be ${audience}`)
      }
      return { audience, scope: client.scope ?? '', accessTokenFormat }
    },
  }
}

/** Replaces each `resource` that is equal to the audience by the audience. URL libraries print URLs in their own spelling. */
function nameAudience(resource: unknown, audience: string): unknown {
  if (Array.isArray(resource)) return resource.map((one) => nameAudience(one, audience))
  return typeof resource === 'string' && isEqual(resource, audience) ? audience : resource
}

const isEqual = (resource: string, audience: string): boolean =>
  resource === audience || toNormalUri(resource) === toNormalUri(audience)

/** The public clients that requests name in their header. */
const clientIds = createRequestValue<string>('client id')

/**
 * Takes `Authorization: Basic` with a client id and an empty secret for the client id alone, if the client is public: an
 * empty secret is no secret. The framework refuses the header before it knows the client.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749.html#section-2.3.1 RFC 6749, Section 2.3.1}
 */
export function createEmptySecrets(provider: Provider): Middleware {
  const middleware: Middleware = async (ctx, next) => {
    const { headers } = ctx.req
    const { authorization } = headers
    const clientId = idWithoutSecret(authorization)
    const client = clientId === undefined ? undefined : await provider.Client.find(clientId)
    if (!client || client.clientAuthMethod !== 'none') return next()
    clientIds.set(ctx, client.clientId)
    delete headers.authorization
    try {
      return await next()
    } finally {
      headers.authorization = authorization
    }
  }
  return createByPath(clientPaths.map((path) => [path, middleware]))
}

/** The client id of a Basic header whose secret is empty. Both parts are form-encoded. */
function idWithoutSecret(header = ''): string | undefined {
  const [, credentials = ''] = /^basic ([\w+/]+=*)$/i.exec(header) ?? []
  const [, id] = /^([^:]+):$/.exec(Buffer.from(credentials, 'base64').toString()) ?? []
  // A client that encodes nothing may send the separator of parameters as a part of its id.
  const parameter = `id=${id?.replaceAll('&', '%26')}`
  return id === undefined ? undefined : (new URLSearchParams(parameter).get('id') ?? undefined)
}

/** Names the client in the parameters of a request that named it in the header alone. */
function addClientId(params: { client_id?: unknown }, ctx: Context): void {
  const clientId = clientIds.get(ctx)
  if (clientId === undefined) return
  params.client_id ??= clientId
  if (params.client_id !== clientId) throw new errors.InvalidRequest('client_id mismatch')
}
