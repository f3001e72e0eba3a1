import type { OutgoingHttpHeaders } from 'node:http'
import type { Context, Middleware } from 'koa'
import { programEndpoints } from '../provider/routes.ts'

/**
 * What a page needs besides. `Referrer-Policy` is `same-origin`, not `no-referrer`: with that,
 * browsers send `Origin: null` with a form, and the form is refused.
 */
export const headersOfPages: Readonly<Record<string, string>> = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': contentSecurityPolicy("'self'"),
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Referrer-Policy': 'same-origin',
  'X-Frame-Options': 'DENY',
}

const strictTransport = 'Strict-Transport-Security'

/** Sets the headers of every answer that this server gives. */
export function createSecurityHeaders(issuer: string): Middleware {
  const isHttps = issuer.startsWith('https:')
  return (ctx, next) => {
    ctx.res.setHeader('X-Content-Type-Options', 'nosniff')
    if (isHttps) ctx.res.setHeader(strictTransport, 'max-age=31536000')
    // What has a secret in it is not stored either: the framework says so there.
    if (!programEndpoints.has(ctx.path)) setPageHeaders(ctx)
    return next()
  }
}

/** Keeps a page to itself: no frames, nothing inline, nothing from elsewhere. */
export function setPageHeaders(ctx: Pick<Context, 'set'>): void {
  ctx.set(headersOfPages)
}

/** Puts the headers of the host back, where the answer is the host's after all. */
export function restoreHeaders(ctx: Context, before: OutgoingHttpHeaders): void {
  for (const name of ['X-Content-Type-Options', strictTransport, ...Object.keys(headersOfPages)]) {
    const value = before[name.toLowerCase()]
    if (value === undefined) ctx.remove(name)
    else ctx.res.setHeader(name, value)
  }
}

/**
 * Lets the forms of a page lead to the client. Chromium holds the whole chain of redirects after a
 * form against `form-action`, the client's own redirects among them, so one origin is not enough:
 * with less than this the button goes dead.
 */
export function allowFormRedirect(ctx: Context, redirectUri: string): void {
  const { protocol, host } = new URL(redirectUri)
  const targets = { 'https:': '', 'http:': toLoopbackSources(host) }[protocol] ?? ` ${protocol}`
  ctx.set('Content-Security-Policy', contentSecurityPolicy(`'self' https:${targets}`))
}

/**
 * A client under development may send the browser on between ports of its own. An IPv6 address is
 * no source that browsers read.
 */
function toLoopbackSources(host: string): string {
  return host.startsWith('[') ? ' http:' : ` http://${host} http://localhost:* http://127.0.0.1:*`
}

function contentSecurityPolicy(formAction: string): string {
  return [
    "default-src 'none'",
    "style-src 'self'",
    "img-src 'self'",
    "script-src 'self'",
    `form-action ${formAction}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}
