import type { KoaContextWithOIDC } from 'oidc-provider'
import type { Exchange, LoadedGrant, StoredPayload } from '../storage.ts'
import { generationOf, type TokenValues } from './token-values.ts'

/** For how long a refresh may be repeated, in seconds. */
export interface RepeatTimes {
  /** Until the successor is first used; for clients that authenticate and for DPoP keys. */
  readonly refreshRetryWindow: number
  /** Also when the successor is in use; for clients that authenticate and for DPoP keys. */
  readonly refreshOverlap: number
  /** The same for public clients without DPoP. */
  readonly publicRefreshOverlap: number
}

/** A refresh token as the framework is to see it. */
export interface FoundRefreshToken {
  /** With `consumed` outside of the token endpoint if a newer one was issued. */
  readonly payload: StoredPayload
  /** Which of the keys derives its successor. */
  readonly key: number
}

/**
 * Finds a refresh token that this server issued for a grant, the current one or an earlier one. At the token endpoint,
 * only {@link GrantStorage.exchange} decides whether an earlier one may be repeated.
 */
export function findRefreshToken(
  values: TokenValues,
  id: string,
  { refreshToken: current, now }: LoadedGrant,
  ctx: KoaContextWithOIDC | undefined,
): FoundRefreshToken | undefined {
  const generation = generationOf(id)
  if (!current || generation === undefined) return undefined
  const payload = { ...current.payload, jti: id }
  // If its key is gone, nobody derives from it: a new beginning, which cannot be repeated.
  if (current.is(id)) return { payload, key: Math.max(0, current.key) }
  // The storage has forgotten a refresh, and has only what that was made with.
  if (current.isSuccessor(id)) return { payload, key: 0 }
  if (generation >= current.generation || !values.isGenuine(id)) return undefined
  const key = Math.max(0, current.predecessorKey)
  if (ctx?.oidc.route === 'token') return { payload, key }
  return { payload: { ...payload, consumed: current.rotatedAt ?? now }, key }
}

/**
 * For how long a client may repeat a refresh. A public client proves nothing, unless its token is bound to a key: a
 * thief could be the one who repeats.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9700.html#section-4.14.2 RFC 9700, Section 4.14.2}
 */
export function repeatTimesFor(
  times: RepeatTimes,
  ctx: KoaContextWithOIDC | undefined,
  payload: StoredPayload | undefined,
): Required<Pick<Exchange, 'retryWindow' | 'overlap'>> {
  const proves = ctx?.oidc.client?.clientAuthMethod !== 'none' || payload?.['jkt'] !== undefined
  return proves
    ? { retryWindow: times.refreshRetryWindow, overlap: times.refreshOverlap }
    : { retryWindow: 0, overlap: times.publicRefreshOverlap }
}
