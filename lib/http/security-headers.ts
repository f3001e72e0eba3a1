import type { Context, Middleware } from 'koa'

/**
 * Headers of every answer that this server gives.
 *
 * `Referrer-Policy` is `same-origin`, not `no-referrer`: with that, browsers send `Origin: null`
 * with a form, and the form is refused.
 */
export function createSecurityHeaders(issuer: string): Middleware {
  const headers: Record<string, string> = {
    'Cache-Control': 'no-store',
    'Content-Security-Policy': contentSecurityPolicy("'self'"),
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Referrer-Policy': 'same-origin',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    ...(issuer.startsWith('https:') && { 'Strict-Transport-Security': 'max-age=31536000' }),
  }
  return async (ctx, next) => {
    ctx.set(headers)
    await next()
    if (ctx.body !== undefined || ctx.status !== 404) return
    // Not ours after all: the host's answer keeps the host's headers.
    for (const name of Object.keys(headers)) ctx.remove(name)
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
    "script-src 'none'",
    `form-action ${formAction}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}
