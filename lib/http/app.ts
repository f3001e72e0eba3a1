import compose from 'koa-compose'
import Koa, { type Context, type Middleware, type Next } from 'koa'
import {
  isOwnPath,
  oauthMetadataPath,
  openidMetadataPath,
  toCanonicalPath,
  toFolded,
} from '../paths.ts'
import { originalUrlOf } from '../validation/url.ts'
import { createSwallowWatch } from './swallowed-host.ts'
import type { ErrorPageEvent } from './error-page.ts'
import { setHostContext } from './request-context.ts'
import { restoreHeaders } from './security-headers.ts'

/** The framework, which is a Koa application itself. */
export type Framework = Koa & { readonly issuer: string }

/**
 * The application to mount. It answers requests below the issuer's path and lets everything else
 * fall through.
 */
export function createApp(provider: Framework): Koa {
  const { pathname, protocol, host } = new URL(provider.issuer)
  const prefix = pathname === '/' ? '' : pathname
  // Every URL the framework builds, and whether a cookie is secure, comes from these two.
  Object.defineProperties(provider.request, {
    protocol: { get: () => protocol.slice(0, -1) },
    host: { get: () => host },
  })
  const answer = createAnswer(provider, prefix)

  const app = new Koa()
  // Without a host, the only context can be the provider's from the start.
  app.createContext = (req, res) => provider.createContext(req, res)
  const watch = createSwallowWatch(app, prefix)
  provider.on('error', (error: Error, ctx: Context) => app.emit('error', error, ctx))
  provider.on('error_page', (event: ErrorPageEvent) => app.emit('error_page', event))
  provider.on('refused', (refused: object) => app.emit('refused', refused))
  app.use((ctx, next) => {
    const whole = originalUrlOf(ctx)
    const url = ownUrl(whole, prefix)
    return url === undefined ? watch(ctx, next) : answer(ctx, { url, whole }, next)
  })
  return app
}

/** A request target: path and query, as the client sent them, and what is below the issuer's path. */
interface Target {
  readonly whole: string
  readonly url: string
}

/**
 * Answers a request, or leaves everything as it was and goes on to the next middleware.
 *
 * In a host, it runs in a context of the provider. With the context of the host, cookies would be
 * signed with the host's keys, and URLs made from the host's idea of the proxy.
 */
function createAnswer(
  provider: Framework,
  prefix: string,
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
    // It stays 404 if nothing here answers.
    res.statusCode = 404
    try {
      const own = isHost ? toOwnContext(provider, ctx) : ctx
      setHostContext(own, ctx)
      own['mountPath'] = prefix
      own.originalUrl = own.request.originalUrl = whole
      await handle(own)
      if (own.body !== undefined || own.status !== 404) {
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

function toOwnContext(provider: Framework, ctx: Context): Context {
  const own: Context = provider.createContext(ctx.req, ctx.res)
  // A body that a parser of the host has read cannot be read again.
  if (ctx.request.body !== undefined && !ctx.req.readable) own.request.body = ctx.request.body
  return own
}

/** Gives the host what was answered. The headers are there already, but Koa sets the type anew by the body. */
function giveAnswer(own: Context, host: Context): void {
  const type = own.res.getHeader('Content-Type')
  host.status = own.status
  host.body = own.body
  if (type !== undefined) host.res.setHeader('Content-Type', type)
}

/**
 * Runs the provider's middleware. `authorization-server.ts` adds the first one, with `front.ts` and the other routes. The framework's own
 * is the last one, and hosts may add some before it later.
 */
function createHandler({ middleware }: Framework): (ctx: Context) => Promise<void> {
  let length = 0
  let run = compose<Context>([])
  return (ctx) => {
    if (middleware.length !== length) {
      length = middleware.length
      const [own, ...others] = middleware as readonly Middleware[]
      run = compose<Context>([own, withoutGetter(compose(others))] as never)
    }
    return run(ctx)
  }
}

/**
 * The framework gives each context a getter `oidc`, and the getter holds the whole request. V8 keeps every getter in old memory, so
 * each quick garbage collection would keep all requests that came before it. Here `oidc` becomes a member with the value.
 */
function withoutGetter(others: Middleware): Middleware {
  const defineProperty = (ctx: Context, name: PropertyKey, given: PropertyDescriptor): boolean => {
    const value: unknown = name === 'oidc' ? given.get?.() : undefined
    return Reflect.defineProperty(ctx, name, value ? { configurable: true, value } : given)
  }
  return (ctx, next) => others(new Proxy(ctx, { defineProperty }), next)
}

/**
 * The URL below the issuer's path, if it is one of ours. Metadata is in the place of RFC 8414, Section
 * 3.1, with the issuer's path behind the well-known one, and also below the issuer's path, which is the
 * place of OpenID Connect Discovery.
 */
function ownUrl(url: string, prefix: string): string | undefined {
  const at = url.indexOf('?')
  const [path, query] = at === -1 ? [url, ''] : [url.slice(0, at), url.slice(at)]
  for (const wellKnown of [oauthMetadataPath, openidMetadataPath]) {
    if (prefix !== '' && path === wellKnown + prefix) return wellKnown + query
  }
  if (!path.startsWith(`${prefix}/`)) return undefined
  const own = toCanonicalPath(path.slice(prefix.length))
  return isOwnPath(own) ? own + query : undefined
}

/** Some middleware, and the path it is for, or how such a path begins. */
export type PathMiddleware = readonly [path: string | { readonly begins: string }, Middleware]

/** Runs the middleware of the path of a request. The framework makes two slashes in a path of `configure` one. */
export function createByPath(entries: readonly PathMiddleware[]): Middleware {
  const exact = new Map<string, Middleware>()
  const beginnings: (readonly [string, Middleware])[] = []
  for (const [path, middleware] of entries) {
    if (typeof path === 'string') exact.set(toFolded(path.replaceAll('//', '/')), middleware)
    else beginnings.push([path.begins, middleware])
  }
  return (ctx, next) => {
    const { path } = ctx
    const middleware =
      exact.get(path) ??
      exact.get(toFolded(path)) ??
      beginnings.find(([beginning]) => path.startsWith(beginning))?.[1]
    return middleware ? middleware(ctx, next) : next()
  }
}
