import type { EventEmitter } from 'node:events'
import compose from 'koa-compose'
import Koa, { type Context, type Next } from 'koa'
import type Provider from 'oidc-provider'
import { isMetadata, oauthMetadataPath, openidMetadataPath, toCanonicalPath } from '../paths.ts'
import { createWatch, type Watch } from './watch.ts'
import type { ErrorPageEvent } from './error-page.ts'
import { setHostContext } from './host-context.ts'
import { restoreHeaders } from './security-headers.ts'
import { originalUrlOf } from '../validation/url.ts'

/**
 * The application to mount. It answers what lies below the issuer's path and lets everything else
 * fall through.
 */
export function createApp(provider: Provider): Koa {
  const { pathname, protocol, host } = new URL(provider.issuer)
  const prefix = pathname === '/' ? '' : pathname
  const watch = createWatch(provider.issuer, prefix, provider.cookieName('interaction'))
  // Every URL the framework builds, and whether a cookie is secure, comes from these two.
  Object.defineProperties(provider.request, {
    protocol: { get: () => protocol.slice(0, -1) },
    host: { get: () => host },
  })
  const answer = createAnswer(provider, prefix, watch)

  const app = new Koa()
  // Standing alone, the one context there is may be the provider's from the start.
  app.createContext = (req, res) => provider.createContext(req, res)
  const events: EventEmitter = provider
  events.on('error', (error: Error, ctx: Context) => app.emit('error', error, ctx))
  events.on('error_page', (event: ErrorPageEvent) => app.emit('error_page', event))
  app.use((ctx, next) => {
    const whole = originalUrlOf(ctx)
    const url = ownUrl(whole, prefix)
    if (url !== undefined) return answer(ctx, { url, whole }, next)
    watch.passed(splitOnce(whole, '?')[0], ctx)
    return next()
  })
  return app
}

/**
 * Answers a request, or leaves everything as it was and goes on to the next middleware.
 *
 * Mounted, it runs in a context of the provider's, not the host's: with the host's, cookies would be
 * signed with the host's keys, and URLs made from the host's idea of the proxy.
 */
function createAnswer(
  provider: Provider,
  prefix: string,
  watch: Watch,
): (ctx: Context, target: Target, next: Next) => Promise<unknown> {
  const handle = createHandler(provider)
  return async (ctx, { url, whole }, next) => {
    const { res } = ctx
    const req: Context['req'] & { originalUrl?: string } = ctx.req
    const isHost = (ctx.app as unknown) !== provider
    const { url: urlBefore, originalUrl } = req
    const before = { status: res.statusCode, headers: isHost && res.getHeaders() }
    req.url = url
    // The framework makes URLs of these. As they came, they may name another host.
    if (originalUrl !== undefined) req.originalUrl = whole
    // It stays 404 where nothing here answers.
    res.statusCode = 404
    try {
      const own = isHost ? toOwnContext(provider, ctx) : ctx
      own['mountPath'] = prefix
      own.originalUrl = own.request.originalUrl = whole
      watch.asked(own)
      await handle(own)
      if (own.body !== undefined || own.status !== 404) {
        watch.answered(own)
        if (isHost) giveAnswer(own, ctx)
        return undefined
      }
      restoreHeaders(own, before.headers || {})
      res.statusCode = before.status
    } finally {
      req.url = urlBefore ?? ''
      if (originalUrl !== undefined) req.originalUrl = originalUrl
    }
    return next()
  }
}

/** A request target: path and query, as the client sent them, and what is below the issuer's path. */
interface Target {
  readonly whole: string
  readonly url: string
}

function toOwnContext(provider: Provider, ctx: Context): Context {
  const own: Context = provider.createContext(ctx.req, ctx.res)
  setHostContext(own, ctx)
  // What a body parser of the host has read cannot be read again.
  if (ctx.request.body !== undefined && !ctx.req.readable) own.request.body = ctx.request.body
  return own
}

/** Gives the host what was answered. Headers are there already; the type is what Koa sets anew by the body. */
function giveAnswer(own: Context, host: Context): void {
  const type = own.res.getHeader('Content-Type')
  host.status = own.status
  host.body = own.body
  if (type !== undefined) host.res.setHeader('Content-Type', type)
}

/** Runs the provider's middleware, with what was added to it meanwhile. */
function createHandler(provider: Provider): (ctx: Context) => Promise<void> {
  let length = 0
  let run = compose<Context>([])
  return (ctx) => {
    if (provider.middleware.length !== length) {
      length = provider.middleware.length
      run = compose<Context>(provider.middleware as never)
    }
    return run(ctx)
  }
}

/**
 * The URL below the issuer's path, where it is one of ours. Metadata stands where RFC 8414, Section
 * 3.1 puts it, with the issuer's path behind the well-known one, and also below the issuer's path,
 * where OpenID Connect Discovery puts it.
 */
function ownUrl(url: string, prefix: string): string | undefined {
  const [path, query] = splitOnce(url, '?')
  const withQuery = (own: string): string => (query === undefined ? own : `${own}?${query}`)
  for (const wellKnown of [oauthMetadataPath, openidMetadataPath]) {
    if (prefix !== '' && path === wellKnown + prefix) return withQuery(wellKnown)
  }
  if (!path.startsWith(`${prefix}/`)) return undefined
  const own = toCanonicalPath(path.slice(prefix.length))
  return own.startsWith('/oauth/') || isMetadata(own) ? withQuery(own) : undefined
}

function splitOnce(text: string, separator: string): readonly [string, string | undefined] {
  const at = text.indexOf(separator)
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}
