import type { Context } from 'koa'
import type Provider from 'oidc-provider'
import { errors } from 'oidc-provider'

/** Whether the browser sent none of the cookies of this server. */
export const sendsNoCookie = (provider: Provider, ctx: Context): boolean =>
  (['session', 'interaction', 'resume'] as const).every(
    (name) => ctx.cookies.get(provider.cookieName(name), { signed: false }) === undefined,
  )

/** How long ago a cookie was set at most, if a browser that sends none has refused it; in seconds. */
const recent = 60

/** How much the clocks of two processes differ, in seconds. */
const tolerance = 5

/** @param setAt - when the cookie was set, in seconds since the epoch */
export function isJustSet(setAt: number): boolean {
  const age = Date.now() / 1000 - setAt
  return age > -tolerance && age < recent
}

/** The error of a browser that did not send back its cookie. */
export const lostCookie = (): Error =>
  Object.assign(new errors.SessionNotFound('the browser did not send the cookie back'), {
    words: 'cookies',
  })
