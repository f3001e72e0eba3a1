import type { KoaContextWithOIDC } from 'oidc-provider'
import type { RevocationReason } from '../grants/events.ts'
import type { Exchange, ExchangeResult, GrantStorage, LoadedGrant } from '../storage.ts'

type Context = KoaContextWithOIDC | undefined

/** What a request gives up, and what it has issued for it so far. */
export type PendingExchange = {
  -readonly [Member in keyof Exchange]: Exchange[Member]
} & {
  readonly grantId: string
  /** Called with the result of the exchange. */
  readonly whenDone?: (result: ExchangeResult) => Promise<void> | void
}

/** What one request knows and plans of grants. */
interface GrantRequest {
  readonly loaded: Map<string, Promise<LoadedGrant | undefined>>
  pending: PendingExchange | undefined
  tokenKey: number
  revocationReason: RevocationReason | undefined
}

const requests = new WeakMap<object, GrantRequest>()

/** The request that is being answered; one of its own for whoever calls from outside of one. */
function requestOf(ctx: Context): GrantRequest {
  const existing = ctx && requests.get(ctx)
  if (existing) return existing
  const created: GrantRequest = {
    loaded: new Map(),
    pending: undefined,
    tokenKey: 0,
    revocationReason: undefined,
  }
  if (ctx) requests.set(ctx, created)
  return created
}

/**
 * Reads a grant once for a request: the framework asks for code, tokens and grant one by one.
 * Whatever is decided on it is decided again, atomically, where it is stored.
 */
export function loadOnce(
  ctx: Context,
  grants: GrantStorage,
  grantId: string,
): Promise<LoadedGrant | undefined> {
  const { loaded } = requestOf(ctx)
  const existing = loaded.get(grantId)
  if (existing) return existing
  const loading = grants.load(grantId)
  loaded.set(grantId, loading)
  return loading
}

/** Has the next look at the grant read it again. */
export function forgetLoaded(ctx: Context, grantId: string): void {
  requestOf(ctx).loaded.delete(grantId)
}

/** The exchange that this request is about to make. */
export const pendingExchange = (ctx: Context): PendingExchange | undefined => requestOf(ctx).pending

/** Sets or ends the exchange that this request is about to make. */
export function setPendingExchange(ctx: Context, pending: PendingExchange | undefined): void {
  requestOf(ctx).pending = pending
}

/** Which key derives what this request issues for a refresh token. */
export const tokenKeyOf = (ctx: Context): number => requestOf(ctx).tokenKey

/** Says which key to derive with what this request issues. */
export function setTokenKey(ctx: Context, key: number): void {
  requestOf(ctx).tokenKey = key
}

/** Why this request ends the grant that it ends. */
export function revocationReasonOf(ctx: Context): RevocationReason {
  const { revocationReason } = requestOf(ctx)
  if (revocationReason || !ctx) return revocationReason ?? 'administrator'
  // At the token endpoint the framework ends a grant for one reason only.
  return (
    ({ revocation: 'partner', token: 'replay' }[ctx.oidc.route] as RevocationReason) ??
    'administrator'
  )
}

/** Says why this request is about to end a grant, where it is not the reason that its route stands for. */
export function setRevocationReason(ctx: Context, reason: RevocationReason): void {
  requestOf(ctx).revocationReason = reason
}
