import type { KoaContextWithOIDC } from 'oidc-provider'
import type { LoadedGrant, StoredPayload } from '../storage.ts'
import { generationOf, type TokenValues } from './token-values.ts'

/** A refresh token as the framework is to see it. */
export interface FoundRefreshToken {
  /** With `consumed` where using it is a replay. */
  readonly payload: StoredPayload
  /** Which of the keys what comes after it is derived with. */
  readonly key: number
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
      // What a key made that is there no more, nobody derives from: a new beginning, which is not repeated.
      const key = Math.max(0, current.key)
      if (current.is(id)) return { payload, key }
      // The storage has forgotten a refresh, and has only what that was made with.
      if (current.isSuccessor(id)) return { payload, key: 0 }
      if (generation >= current.generation || !values.isGenuine(id)) return undefined

      const age = now - (current.rotatedAt ?? 0)
      const isRepeat =
        generation === current.generation - 1 &&
        !current.isUsed &&
        age <= window * 1000 &&
        isFor(ctx, payload) &&
        current.is(values.successorOf(id, Math.max(0, current.predecessorKey)))
      return isRepeat
        ? { payload, key: current.predecessorKey }
        : { payload: { ...payload, consumed: current.rotatedAt ?? now }, key }
    },
  }
}
