import type { Context } from 'koa'
import { errors } from 'oidc-provider'

/** Most bytes of the parameters of one authorization request, with their names. */
const mostOfRequest = 8192

/** Most bytes of one parameter. A parameter that is not named here may have 2048. */
const mostOfParameter: ReadonlyMap<string, number> = new Map([
  ['state', 4096],
  ['scope', 4096],
  ['client_id', 1024],
  ['code_challenge', 128],
])

/**
 * Refuses an authorization request that is too large to be kept until somebody signs in. Nobody is redirected: the request
 * is not looked at further.
 *
 * @throws InvalidRequest
 */
export function checkRequestSize(ctx: Context): void {
  let total = 0
  for (const [name, value] of sentParameters(ctx)) {
    const size = Buffer.byteLength(value)
    const most = mostOfParameter.get(name) ?? 2048
    // The name of a parameter that this server does not know is as long as the client likes.
    if (size > most) throw tooLarge(toShownName(name), size, most)
    total += Buffer.byteLength(name) + size
  }
  if (total > mostOfRequest) throw tooLarge('the request', total, mostOfRequest)
}

/** The parameters as they were sent. One that was sent twice is there twice. */
function sentParameters(ctx: Context): readonly (readonly [string, string])[] {
  const { oidc, method, query } = ctx as Context & { readonly oidc?: { readonly body?: object } }
  const sent = method === 'POST' ? (oidc?.body ?? {}) : query
  return Object.entries(sent).flatMap(([name, value]: [string, unknown]) =>
    (Array.isArray(value) ? value : [value])
      .filter((item) => typeof item === 'string')
      .map((item) => [name, item] as const),
  )
}

const toShownName = (name: string): string => (/^\w{1,40}$/.test(name) ? name : 'a parameter')

const tooLarge = (what: string, size: number, most: number): Error =>
  Object.assign(
    new errors.InvalidRequest(`${what} has ${size} bytes, and may have ${most}: send less`),
    { allow_redirect: false },
  )
