import type Koa from 'koa'
import type { Context, Next } from 'koa'
import { originalUrlOf } from '../validation/url.ts'
import { createWarner } from '../validation/warner.ts'

/** The answer to requests that a host would answer if they reached it. `checkMounting` knows it. */
export const swallowedText: string =
  'Not Found: the authorization server got this request, and cannot pass it on to the application that it is mounted in. ' +
  'Mount it at its own paths only (docs/embedding.md of pleo-oauth-server).'

const warning =
  'the host handed a request to the authorization server that is not for it, and no later route of the host can answer it: ' +
  'mount it at the paths of the authorization server only'

/**
 * Sees that a host of Express or connect gave the whole of its requests away: it calls the handler of the application with a third
 * argument, which Koa never calls. Alone, the application is called with two.
 *
 * @param prefix - the path of the issuer
 * @returns middleware for requests that are not for this server
 */
export function createSwallowWatch(
  app: Koa,
  prefix: string,
): (ctx: Context, next: Next) => Promise<void> {
  const warn = createWarner('EmbeddingWarning', 'host_swallowed')
  const handed = new WeakSet()
  const own = ['/oauth', '/.well-known', ...(prefix === '' ? [] : [prefix.toLowerCase()])]
  const callback = app.callback.bind(app)
  app.callback = () => {
    const handle = callback()
    return (request, response, ...more: unknown[]) => {
      if (more.length > 0) handed.add(response)
      return handle(request, response)
    }
  }
  return async (ctx, next) => {
    await next()
    if (ctx.status !== 404 || ctx.body !== undefined || !handed.has(ctx.res)) return
    const [path = ''] = originalUrlOf(ctx).toLowerCase().split('?')
    // The host may have mounted these here, and no more.
    if (own.some((one) => path === one || path.startsWith(`${one}/`))) return
    ctx.status = 404
    ctx.body = swallowedText
    warn(warning)
  }
}
