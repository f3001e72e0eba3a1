import type { Middleware } from 'koa'
import Provider, { errors, type KoaContextWithOIDC } from 'oidc-provider'
import type { GrantStorage, NewToken, TokenKind } from '../storage.ts'
import {
  forgetLoaded,
  pendingExchange,
  setPendingExchange,
  type PendingExchange,
} from './grant-request.ts'

// The framework uses up a code or refresh token first and stores what it issues for it then, one by
// one: whoever dies between is locked out. Here all of it waits for the last part, and is one step.

/** Notes what this request gives up; nothing is stored yet. */
export function planExchange(pending: PendingExchange): void {
  setPendingExchange(Provider.ctx, pending)
}

/** Stores a code or token, or what this request planned once it is complete. */
export async function issue(grants: GrantStorage, kind: TokenKind, token: NewToken): Promise<void> {
  const ctx = Provider.ctx
  const pending = pendingExchange(ctx)
  if (!pending || kind === 'AuthorizationCode') {
    const grantId = String(token.payload['grantId'])
    forgetLoaded(ctx, grantId)
    if (!(await grants.add(grantId, kind, token))) throw grantEnded(kind)
    return
  }
  if (kind === 'AccessToken' && !token.payload['scope']) throw nothingLeft()
  pending[kind === 'RefreshToken' ? 'refreshToken' : 'accessToken'] = token
  // A refresh makes the access token last, the redemption of a code the refresh token.
  const isLast = pending.used.kind === 'RefreshToken' ? pending.accessToken : pending.refreshToken
  if (isLast) await exchange(ctx, grants, pending)
}

/**
 * Makes the exchange of a request that issues only one of the two tokens. The framework has answered by then: what is
 * refused has its event all the same.
 */
export function createExchangeCompletion(provider: Provider, grants: GrantStorage): Middleware {
  return async (ctx, next) => {
    await next()
    const context = ctx as unknown as KoaContextWithOIDC
    const pending = pendingExchange(context)
    if (!pending || ctx.status !== 200) return
    try {
      await exchange(context, grants, pending)
    } catch (refusal) {
      if (!(refusal instanceof errors.InvalidGrant)) throw refusal
      const { statusCode, error, error_description } = refusal
      ctx.status = statusCode
      ctx.body = { error, error_description }
      provider.emit('grant.error', context, refusal)
    }
  }
}

async function exchange(
  ctx: KoaContextWithOIDC | undefined,
  grants: GrantStorage,
  pending: PendingExchange,
): Promise<void> {
  const { grantId, whenDone, ...planned } = pending
  setPendingExchange(ctx, undefined)
  forgetLoaded(ctx, grantId)
  const result = await grants.exchange(grantId, planned)
  await whenDone?.(result)
  if (result === 'used') {
    const isRefresh = planned.used.kind === 'RefreshToken'
    throw new errors.InvalidGrant(
      isRefresh ? 'refresh token replaced' : 'authorization code already consumed',
    )
  }
  if (result === 'replayed') throw new errors.InvalidGrant('refresh token already used')
  if (result === 'gone') throw grantEnded('RefreshToken')
}

/**
 * The client lost every scope that it was granted, and a token has at least one (RFC 6749, Section 3.3). Nothing is used up: the
 * scopes may come back.
 */
const nothingLeft = (): Error =>
  new errors.CustomOIDCProviderError(
    'invalid_scope',
    'the client is not registered any more for any of these scopes',
  )

/** Somebody ended the grant while this request was answered: that always wins. */
const grantEnded = (kind: TokenKind): Error =>
  kind === 'AuthorizationCode'
    ? new errors.AccessDenied('the grant was ended')
    : new errors.InvalidGrant('grant not found')
