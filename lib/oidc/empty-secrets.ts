import type { Context, Middleware } from 'koa'
import type Provider from 'oidc-provider'
import { errors } from 'oidc-provider'

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
