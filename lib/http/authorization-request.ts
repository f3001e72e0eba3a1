import type { Context, Middleware } from 'koa'
import compose from 'koa-compose'
import { ProtocolError } from '../errors.ts'
import { routes } from '../paths.ts'
import { createFormParser } from './bodies.ts'
import { checkQuery } from './front.ts'

/** How long a URL may get before servers and proxies on the way refuse it. */
const longestUrl = 8000

/**
 * Answers POST at the authorization endpoint as if it were GET (RFC 6749, Section 3.1).
 *
 * The framework takes POST only with cookies that every site may send along. A form on another site
 * comes without cookies, so the browser is sent here again, with them.
 */
export function createPostAuthorization(issuer: string): Middleware {
  const translate = async (ctx: Context, next: () => Promise<unknown>): Promise<void> => {
    const query = toQuery(ctx)
    const isSentAgain = ctx.get('Sec-Fetch-Site') === 'cross-site' && query.length < longestUrl
    const sendAgain = async (): Promise<void> => {
      checkRequestSize(ctx)
      ctx.status = 303
      ctx.redirect(`${issuer}${routes.authorization}?${query}`)
    }
    const { method } = ctx
    ctx.method = 'GET'
    ctx.querystring = query
    try {
      checkQuery(ctx)
      await (isSentAgain ? sendAgain() : next())
    } finally {
      ctx.method = method
    }
  }
  const whole = compose([createFormParser(), translate as Middleware])
  return (ctx, next) => (ctx.method === 'POST' ? whole(ctx, next) : next())
}

/** The form as a query, name by name: a parser of nested names would read more into it than GET does. */
function toQuery({ request }: Context): string {
  const { rawBody, body } = request as { readonly rawBody?: unknown; readonly body?: unknown }
  if (typeof rawBody === 'string') return new URLSearchParams(rawBody).toString()
  // If a parser of the host read the form, it may have kept no more than this.
  return new URLSearchParams(toPairs(body ?? {})).toString()
}

/** Names and values. A parameter that was sent twice is there twice. */
const toPairs = (parameters: object): [string, string][] =>
  Object.entries(parameters).flatMap(([name, value]: [string, unknown]) =>
    typeof value === 'string'
      ? [[name, value]]
      : [value]
          .flat()
          .filter((item) => typeof item === 'string')
          .map((item): [string, string] => [name, item]),
  )

/** The most bytes of the parameters of one authorization request, with their names. */
const mostOfRequest = 8192

/** The most bytes of one parameter. A parameter that is not named here may have 2048. */
const mostOfParameter: ReadonlyMap<string, number> = new Map([
  ['state', 4096],
  ['scope', 4096],
  ['client_id', 1024],
  ['code_challenge', 128],
])

/**
 * Refuses an authorization request that is too large to be kept until somebody signs in. Nobody is redirected, because the request
 * is not looked at further.
 */
export function checkRequestSize(ctx: Context): void {
  const { oidc, method, query } = ctx as Context & { readonly oidc?: { readonly body?: object } }
  let total = 0
  for (const [name, value] of toPairs(method === 'POST' ? (oidc?.body ?? {}) : query)) {
    const size = Buffer.byteLength(value)
    const most = mostOfParameter.get(name) ?? 2048
    // The name of a parameter that this server does not know is as long as the client likes.
    if (size > most) throw tooLarge(toShownName(name), size, most)
    total += Buffer.byteLength(name) + size
  }
  if (total > mostOfRequest) throw tooLarge('the request', total, mostOfRequest)
}

const toShownName = (name: string): string => (/^\w{1,40}$/.test(name) ? name : 'a parameter')

const tooLarge = (what: string, size: number, most: number): Error =>
  new ProtocolError('invalid_request', `${what} has ${size} bytes, and may have ${most}: send less`)
