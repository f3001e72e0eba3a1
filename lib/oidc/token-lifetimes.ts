import type { Configuration, KoaContextWithOIDC } from 'oidc-provider'
import type { Lifetimes } from '../config/options.ts'

/** Seconds that a person has to sign in: until then, anybody may have sent the request. */
const anonymousLifetime = 600

/** Lifetimes as the framework takes them. No token outlives its grant: the grant's end is absolute. */
export function toTtl(lifetimes: Lifetimes): NonNullable<Configuration['ttl']> {
  const withinGrant = (seconds: number) => (ctx: KoaContextWithOIDC) => {
    const end = ctx.oidc.entities.Grant?.exp
    if (end === undefined) return seconds
    return Math.max(1, Math.min(seconds, end - Math.floor(Date.now() / 1000)))
  }
  return {
    AccessToken: withinGrant(lifetimes.accessToken),
    AuthorizationCode: lifetimes.authorizationCode,
    ClientCredentials: lifetimes.accessToken,
    Grant: lifetimes.grant,
    Interaction: (_ctx, { session }) =>
      session ? lifetimes.interaction : Math.min(lifetimes.interaction, anonymousLifetime),
    RefreshToken: withinGrant(lifetimes.refreshToken),
    Session: lifetimes.session,
  }
}
