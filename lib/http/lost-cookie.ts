import type { Context } from 'koa'
import { ProtocolError } from '../errors.ts'

/** Whether the browser sent none of the cookies of this server. */
export const sendsNoCookie = (
  provider: { cookieName(type: string): string },
  ctx: Context,
): boolean =>
  ['session', 'interaction', 'resume'].every(
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
  Object.assign(new ProtocolError('invalid_request', 'the browser did not send the cookie back'), {
    words: 'cookies',
  })
