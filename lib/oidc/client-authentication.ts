import type { Context, Middleware } from 'koa'
import type Provider from 'oidc-provider'
import { errors, type KoaContextWithOIDC } from 'oidc-provider'
import { findEndpoint } from '../paths.ts'

/** Error descriptions for which the framework answers `invalid_request`. The right error is `invalid_client`. */
const refusals: ReadonlySet<string | undefined> = new Set([
  'no client authentication mechanism provided',
  'invalid authorization header value format',
  'client_id and client_secret in the authorization header are not properly encoded',
  'client_secret must be provided in the Authorization header',
])

/** The description if a request authenticates in two ways. It stays `invalid_request`, unless one way is no client authentication. */
const twoWays = 'client authentication must only be provided using one mechanism'

/**
 * Answers `invalid_client` if client authentication is missing or wrong, wherever a client authenticates, with a challenge. A
 * browser gets none for a request without `Authorization`: it would ask the person for a password.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749.html#section-5.2 RFC 6749, Section 5.2}
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.2 RFC 9110, Section 15.5.2}
 */
export function explainClientErrors(provider: Provider): void {
  const explain = (ctx: KoaContextWithOIDC, error: Error): void => {
    const description = findDescription(ctx, error)
    if (description === undefined) return
    ctx.body = { error: 'invalid_client', error_description: description }
    const { authorization, origin } = ctx.headers
    if (authorization === undefined && origin !== undefined) {
      ctx.status = 400
      return
    }
    ctx.status = 401
    ctx.set(
      'WWW-Authenticate',
      `Basic realm="${provider.issuer}", error="invalid_client", error_description="${description}"`,
    )
  }
  provider.on('grant.error', explain)
  provider.on('introspection.error', explain)
  provider.on('revocation.error', explain)
  provider.on('pushed_authorization_request.error', explain)
}

/** Describes the problem, if client authentication is why the request is refused. */
function findDescription({ headers }: KoaContextWithOIDC, error: Error): string | undefined {
  if (!(error instanceof errors.OIDCProviderError)) return undefined
  const { error: code, error_description: description } = error
  if (code === 'invalid_client') return description
  if (code !== 'invalid_request') return undefined
  const isRefusal = refusals.has(description)
  const scheme = findForeignScheme(headers.authorization)
  if (scheme !== undefined && (isRefusal || description === twoWays)) {
    return `the Authorization header has ${scheme}: authenticate with Basic, or with client_id and client_secret in the body, and send no other scheme`
  }
  return isRefusal ? description : undefined
}

/** Schemes that programs send. Any other first word may be a secret, which is not repeated. */
const knownSchemes: ReadonlySet<string> = new Set(
  'aws4-hmac-sha256 apikey bearer digest dpop gnap hawk hoba mutual negotiate ntlm privatetoken token'.split(
    ' ',
  ),
)

/** Names the scheme of an `Authorization` header, unless it is Basic. */
function findForeignScheme(header = ''): string | undefined {
  const [, scheme = 'basic'] = /^(\S+) +\S/.exec(header) ?? []
  const name = scheme.toLowerCase()
  if (name === 'basic') return undefined
  return knownSchemes.has(name) ? `the scheme ${scheme}` : 'a scheme that this server does not know'
}

/** The public clients that requests name in their header. */
const clientIds = new WeakMap<Context, string>()

/**
 * Takes `Authorization: Basic` with a client id and an empty secret for the client id alone, if the client is public: an
 * empty secret is no secret. The framework refuses the header before it knows the client.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749.html#section-2.3.1 RFC 6749, Section 2.3.1}
 */
export function createEmptySecrets(provider: Provider): Middleware {
  return async (ctx, next) => {
    const { headers } = ctx.req
    const { authorization } = headers
    const isForClients = findEndpoint(ctx.path, 'off')?.isForClients
    const clientId = isForClients ? idWithoutSecret(authorization) : undefined
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
export function addClientId(params: { client_id?: unknown }, ctx: Context): void {
  const clientId = clientIds.get(ctx)
  if (clientId === undefined) return
  params.client_id ??= clientId
  if (params.client_id !== clientId) throw new errors.InvalidRequest('client_id mismatch')
}
