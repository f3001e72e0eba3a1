import type { KoaContextWithOIDC } from 'oidc-provider'
import type { LoadedGrant, StoredPayload } from '../storage.ts'
import { generationOf, type TokenValues } from './token-values.ts'

/** A refresh token as the framework is to see it. */
export interface FoundRefreshToken {
  /** With `consumed` where using it is a replay. */
  readonly payload: StoredPayload
  /** Where this is a repeat that is allowed: the key that the refresh was made with. */
  readonly retryKey?: number
}

/**
 * Tells the refresh that is repeated because its answer was lost from a replay, and both from
 * what is no token of this server.
 */
export interface Retries {
  find(
    id: string,
    loaded: LoadedGrant,
    ctx: KoaContextWithOIDC | undefined,
  ): FoundRefreshToken | undefined
  /** Whether such a refresh may be repeated at all. */
  isFor(ctx: KoaContextWithOIDC | undefined, payload: StoredPayload): boolean
}

/**
 * A client that proves who it is gets the same successor again for the token it just used, until
 * that successor is used or the window is over. A public client proves nothing, unless its token is bound
 * to a key (RFC 9700, Section 4.14.2).
 *
 * @param window - seconds
 */
export function createRetries(values: TokenValues, window: number): Retries {
  const isFor: Retries['isFor'] = (ctx, payload) =>
    window > 0 &&
    ctx?.oidc.route === 'token' &&
    (ctx.oidc.client?.clientAuthMethod !== 'none' || payload['jkt'] !== undefined)

  return {
    isFor,
    find(id, { refreshToken: current, now }, ctx) {
      const generation = generationOf(id)
      if (!current || generation === undefined) return undefined
      const payload = { ...current.payload, jti: id }
      if (current.is(id)) return { payload }
      if (!values.isGenuine(id)) return undefined
      // This server issued it, and the storage has only what it was issued for: a failover forgot it.
      if (generation === current.generation + 1) return { payload }
      if (generation >= current.generation) return undefined

      const age = now - (current.rotatedAt ?? 0)
      const isRepeat =
        generation === current.generation - 1 && !current.isUsed && age <= window * 1000
      const retryKey =
        isRepeat && isFor(ctx, payload)
          ? Array.from({ length: values.keyCount }, (_, key) => key).find((key) =>
              current.is(values.successorOf(id, key)),
            )
          : undefined
      return retryKey === undefined
        ? { payload: { ...payload, consumed: current.rotatedAt ?? now } }
        : { payload, retryKey }
    },
  }
}
