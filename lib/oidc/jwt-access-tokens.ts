import {
  createLocalJWKSet,
  jwtVerify,
  type JSONWebKeySet,
  type JWTPayload,
  type LocalJWKSet,
} from 'jose'
import type { KoaContextWithOIDC } from 'oidc-provider'
import type Provider from 'oidc-provider'
import { loadOnce } from './grant-request.ts'
import { publicKeysOf } from './internals.ts'
import type { GrantStorage, StoredPayload } from '../storage.ts'
import { grantClaim } from './jwt-claims.ts'

/** What {@link createFindJwtAccessToken} takes, beside the provider. */
export interface JwtParts {
  readonly resourceServer: { readonly audience: string }
  readonly storage: { readonly grants: GrantStorage }
}

/** An access token that is good, and the grant it belongs to. */
export interface FoundJwtAccessToken {
  readonly token: AccessToken
  readonly grant: StoredPayload
  readonly claims: JWTPayload
}

type AccessToken = InstanceType<Provider['AccessToken']>

/**
 * Finds an access token that is a JWT of this server, while it is good: its grant has it until it ends, is revoked, or a
 * refresh replaces it. `ctx`: the request that is answered, where there is one.
 */
export type FindJwtAccessToken = (
  ctx: KoaContextWithOIDC | undefined,
  value: string,
) => Promise<FoundJwtAccessToken | undefined>

/** Makes the search for access tokens that are JWTs. */
export function createFindJwtAccessToken(
  provider: Provider,
  { resourceServer: { audience }, storage: { grants } }: JwtParts,
): FindJwtAccessToken {
  const Token = provider.AccessToken as unknown as new (payload: StoredPayload) => AccessToken
  const verify = createVerify(provider, audience)
  return async (ctx, value) => {
    const claims = await verify(value)
    const { [grantClaim]: grantId, jti, iat, exp } = claims ?? {}
    if (!claims || typeof grantId !== 'string' || jti === undefined) return undefined
    const loaded = await loadOnce(ctx, grants, grantId)
    const stored = loaded?.find('AccessToken', jti)
    if (!loaded || !stored || loaded.payload.clientId !== stored.clientId) return undefined
    // Somebody may have repeated the refresh: the same token then, with another end.
    const token = new Token({ ...stored, jti, iat, exp, extra: { jti } })
    return { token, grant: loaded.payload, claims }
  }
}

/** @see {@link https://www.rfc-editor.org/rfc/rfc9068.html#section-4 RFC 9068, Section 4} */
function createVerify(
  provider: Provider,
  audience: string,
): (value: string) => Promise<JWTPayload | undefined> {
  let keys: unknown
  let keySet: LocalJWKSet | undefined
  const currentKeys = (): LocalJWKSet => {
    const published = publicKeysOf(provider)
    if (published !== keys) keySet = undefined
    keys = published
    keySet ??= createLocalJWKSet({ keys: published } as JSONWebKeySet)
    return keySet
  }
  const { issuer } = provider
  const rules = { issuer, audience, typ: 'at+jwt', requiredClaims: ['exp', 'iat'] }
  return async (value) => {
    try {
      return (await jwtVerify(value, currentKeys(), rules)).payload
    } catch {
      // Whatever is wrong with it, it is none of ours.
      return undefined
    }
  }
}
