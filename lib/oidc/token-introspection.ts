import type { Middleware } from 'koa'
import Provider, { errors, type Adapter, type KoaContextWithOIDC } from 'oidc-provider'
import type { Config } from '../config/config.ts'
import type { ConnectionTeller } from '../grants/events.ts'
import { introspect, type Introspection, type StoredToken } from '../grants/introspect.ts'
import { revoke } from '../grants/revoke.ts'
import type { TokenValues } from '../grants/token-values.ts'
import type { PathMiddleware } from '../http/app.ts'
import { createVerifyJwt } from '../keys/jwt-access-tokens.ts'
import type { StoredPayload } from '../storage.ts'
import { asRequest, internalsOf } from './internals.ts'
import type { QuickEndpoint } from './quick-requests.ts'
import { createQuickTokens } from './quick-tokens.ts'
import type { ServerKeys } from './server-keys.ts'
import { isInSession, type TokenEndpoint, type TokenPolicy } from './token-policy.ts'

interface TokenIntrospectionParts {
  readonly values: TokenValues
  readonly teller: ConnectionTeller
  readonly keys: ServerKeys
}

/** Introspection and revocation of one server. */
export interface TokenIntrospection {
  /** The endpoints, for ordinary requests. */
  readonly quick: readonly QuickEndpoint[]
  /** The endpoints, by path. */
  readonly routes: readonly PathMiddleware[]
  /** Introspection for an API in the same process. Only for access tokens. */
  readonly introspect: (accessToken: string) => Promise<Introspection>
}

/**
 * Keeps the framework from finding a token at introspection and revocation. It would look in three places; the endpoints look once instead.
 */
export const findingNoToken = (adapter: Adapter): Adapter => ({
  ...adapter,
  async find(id) {
    const route = Provider.ctx?.oidc?.route
    return route === 'introspection' || route === 'revocation' ? undefined : adapter.find(id)
  },
})

/**
 * Makes introspection and revocation. At the endpoints the framework authenticates the client and checks the parameters, and
 * finds no token. This looks for the token then.
 */
export function createTokenIntrospection(
  provider: Provider,
  { issuer, storage, resourceServer: { audience }, refreshRetryWindow }: Config,
  { values, teller, keys }: TokenIntrospectionParts,
): TokenIntrospection {
  const records = storage.records('ClientCredentials')
  const { grantTypeHandlers, configuration } = internalsOf(provider)
  const server = {
    issuer,
    audience,
    refreshRetryWindow,
    grants: storage.grants,
    values,
    teller,
    verifyJwt: createVerifyJwt({ issuer, audience }, () => internalsOf(provider).jwks.keys),
    clientCredentials: {
      find: async (value: string) =>
        grantTypeHandlers.has('client_credentials') ? records.find(value) : undefined,
      destroy: (value: string) => records.destroy(value),
    },
  }
  const introspection = createEndpoint(provider, 'introspection', (ctx) =>
    asRequest(ctx, () =>
      introspect(tokenOf(ctx), { isAllowed: (token) => isAllowed(ctx, token) }, server),
    ),
  )
  const revocation = createEndpoint(provider, 'revocation', async (ctx) => {
    const client = {
      isAllowed: (token: StoredToken) => isAllowed(ctx, token),
      endsGrant: async () => configuration.revokeGrantPolicy(ctx),
    }
    const revoked = await asRequest(ctx, () => revoke(tokenOf(ctx), client, server))
    const { token, grantId } = revoked ?? {}
    if (token) ctx.oidc.entities[token.kind]?.emit('destroyed')
    if (grantId !== undefined) provider.emit('grant.revoked', ctx, grantId)
    return {}
  })
  return {
    quick: createQuickTokens(provider, server),
    routes: [
      [configuration.routes['introspection'] ?? '', introspection],
      [configuration.routes['revocation'] ?? '', revocation],
    ],
    async introspect(value) {
      // No request came that waits for current keys.
      if (value.includes('.')) await keys.follow()
      const caller = { isAllowed: (token: StoredToken) => isAccessToken(provider, token) }
      // All members are there: it is an access token.
      return (await introspect(value, caller, server)) as Introspection
    },
  }
}

/** Answers the requests that the framework lets through. */
function createEndpoint(
  provider: Provider,
  endpoint: TokenEndpoint,
  answer: (ctx: KoaContextWithOIDC) => Promise<object>,
): Middleware {
  return async (ctx, next) => {
    await next()
    const context = ctx as unknown as KoaContextWithOIDC
    // Another method than POST has no route.
    if (!('oidc' in ctx) || context.oidc.route !== endpoint) return
    if (endpoint === 'revocation') ctx.set('Cache-Control', 'no-store')
    try {
      if (endpoint === 'introspection') refusePublicClient(context)
      // The framework refuses JWTs after it has authenticated the client.
      if (ctx.status !== 200 && errorOf(ctx) !== 'unsupported_token_type') return
      const body = await answer(context)
      ctx.status = 200
      ctx.body = body
      ctx.type = 'json'
    } catch (error) {
      if (!(error instanceof errors.OIDCProviderError && error.expose)) throw error
      const { statusCode, error: code, error_description } = error
      ctx.status = statusCode
      ctx.body = { error: code, error_description }
      provider.emit(`${endpoint}.error`, context, error)
    }
  }
}

/**
 * Refuses introspection to a public client: a client id is no authentication.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7662.html#section-2.1 RFC 7662, Section 2.1}
 */
function refusePublicClient(ctx: KoaContextWithOIDC): void {
  const isPublic = ctx.oidc.client?.clientAuthMethod === 'none'
  if (!isPublic || ctx.status >= 500 || errorOf(ctx) === 'invalid_client') return
  const description = 'a public client cannot introspect: authenticate as a confidential client'
  throw new errors.CustomOIDCProviderError('invalid_client', description)
}

const errorOf = ({ body }: { readonly body: unknown }): unknown =>
  (body as { readonly error?: unknown } | undefined)?.error

const tokenOf = ({ oidc }: KoaContextWithOIDC): string => String(oidc.params?.['token'])

/** Asks the policy of the endpoint. The policy and listeners see the token as the framework's own model. */
async function isAllowed(ctx: KoaContextWithOIDC, token: StoredToken): Promise<boolean> {
  const { oidc } = ctx
  const { provider, client } = oidc
  if (!client || !(await isInSession(provider, token.payload))) return false
  const { kind, payload, grant } = token
  const model = new (provider[kind] as unknown as Model)(payload)
  oidc.entity(kind, model)
  if (grant) oidc.entity('Grant', new (provider.Grant as unknown as Model)(grant.payload))
  const { allowedPolicy } =
    internalsOf(provider).configuration.features[oidc.route as TokenEndpoint]
  const isAllowedByPolicy: unknown = await allowedPolicy(ctx, client, model)
  if (typeof isAllowedByPolicy === 'boolean') return isAllowedByPolicy
  throw new TypeError(`features.${oidc.route}.allowedPolicy must return a Boolean`)
}

type Model = new (payload: StoredPayload) => Parameters<TokenPolicy>[2]

/** Whether it is an access token of a client that is there and not suspended. An API cannot check certificates. */
async function isAccessToken(provider: Provider, { kind, payload }: StoredToken): Promise<boolean> {
  if (kind !== 'AccessToken' || payload['x5t#S256'] !== undefined) return false
  try {
    const client = await provider.Client.find(payload.clientId ?? '')
    return client !== undefined && (await isInSession(provider, payload))
  } catch (error) {
    if (error instanceof errors.InvalidClientMetadata) return false
    throw error
  }
}
