import type { Middleware } from 'koa'

/** How long a browser keeps the answer to a preflight, in seconds. */
const maxAge = '3600'

/**
 * Lets web pages on every site read the answers of an endpoint that anybody may call. No cookie counts there, so a page gets
 * nothing that any other program would not get.
 *
 * @param method - the one that the endpoint takes, beside `OPTIONS`
 * @see {@link https://fetch.spec.whatwg.org/#http-cors-protocol Fetch, CORS protocol}
 */
export const createOpenCors =
  (method: string): Middleware =>
  (ctx, next) => {
    ctx.set('Access-Control-Allow-Origin', '*')
    if (ctx.method !== 'OPTIONS') return next()
    ctx.set('Access-Control-Allow-Methods', method)
    ctx.set('Access-Control-Allow-Headers', ctx.get('Access-Control-Request-Headers'))
    ctx.vary('Access-Control-Request-Headers')
    ctx.set('Access-Control-Max-Age', maxAge)
    ctx.status = 204
    return undefined
  }
