import type { Context } from 'koa'
import type Provider from 'oidc-provider'

const attributes = { path: '/', httpOnly: true, sameSite: 'lax', overwrite: true } as const

/**
 * Signs a person in on this browser, outside of a request of a client.
 *
 * @param lifetime - seconds
 */
export async function startSession(
  provider: Provider,
  ctx: Context,
  { accountId, lifetime }: { readonly accountId: string; readonly lifetime: number },
): Promise<void> {
  const session = await provider.Session.get(ctx)
  // A session of somebody else, or one that somebody knew before, is not taken over.
  if (session.accountId !== undefined) await session.destroy()
  const own = session.accountId === undefined ? session : new provider.Session()
  own.loginAccount({ accountId })
  own.resetIdentifier()
  await own.save(lifetime)
  const expires = new Date(Date.now() + lifetime * 1000)
  ctx.cookies.set(provider.cookieName('session'), own.jti, { ...attributes, signed: true, expires })
}

/** Signs the person out on this browser. What was granted stays. */
export async function endSession(provider: Provider, ctx: Context): Promise<void> {
  const session = await provider.Session.get(ctx)
  await session.destroy()
  ctx.cookies.set(provider.cookieName('session'), null, attributes)
}
