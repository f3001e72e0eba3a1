import type { KoaContextWithOIDC } from 'oidc-provider'
import type Provider from 'oidc-provider'
import { policyOf } from './internals.ts'
import {
  createFindJwtAccessToken,
  type FoundJwtAccessToken,
  type JwtParts,
} from './jwt-access-tokens.ts'

/** Requests of one endpoint about JWTs, which the framework refuses once it knows the client. */
export interface JwtRequests {
  /** Whether it refused this one. */
  has(ctx: { readonly body: unknown }): boolean
  /** The access token it is about, where it is good and the client may ask about it. */
  find(ctx: KoaContextWithOIDC): Promise<FoundJwtAccessToken | undefined>
  /** Ends the access token it is about, where the client may. */
  revoke(ctx: KoaContextWithOIDC): Promise<void>
}

/** Takes over the requests about JWTs. */
export function createJwtRequests(
  provider: Provider,
  endpoint: 'introspection' | 'revocation',
  parts: JwtParts,
): JwtRequests {
  const findAny = createFindJwtAccessToken(provider, parts)
  const find: JwtRequests['find'] = async (ctx) => {
    const { client, params } = ctx.oidc
    const found = await findAny(ctx, String(params?.['token']))
    if (!found || !client) return undefined
    return (await policyOf(provider, endpoint)(ctx, client, found.token)) ? found : undefined
  }
  return {
    has: ({ body }) =>
      (body as { readonly error?: string } | undefined)?.error === 'unsupported_token_type',
    find,
    async revoke(ctx) {
      const { token } = (await find(ctx)) ?? {}
      if (!token) return
      await parts.storage.grants.remove(token.grantId, 'AccessToken', token.jti)
      token.emit('destroyed')
    },
  }
}
