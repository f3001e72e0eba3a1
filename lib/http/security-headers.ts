import type { OutgoingHttpHeaders } from 'node:http'
import type { Context } from 'koa'
import { isPartOfFlow } from '../paths.ts'

export const requestIdHeader = 'X-Request-Id'
export const strictTransport = 'Strict-Transport-Security'

/**
 * `Referrer-Policy` is `same-origin`: with `no-referrer`, browsers send `Origin: null` with a form. Browsers without
 * `Sec-Fetch-Site` then cannot tell that it is a form of ours.
 */
const headersOfPages = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': contentSecurityPolicy("'self'"),
  'Referrer-Policy': 'same-origin',
  'X-Frame-Options': 'DENY',
}
const headersOfFlow = { ...headersOfPages, 'Cross-Origin-Opener-Policy': '' }
const headersOfOthers = { ...headersOfPages, 'Cross-Origin-Opener-Policy': 'same-origin' }

/**
 * The headers of the page at a path. An empty value means that the header must be absent.
 *
 * A client may open the authorization URL in a popup. With an opener policy on any page of the flow, `same-origin-allow-popups`
 * included, the browser cuts the popup off from its opener: the client sees it as closed, and never gets the answer. Without
 * one, the opener can navigate or close the popup. It cannot read the page, frame it or submit its form.
 */
export const toPageHeaders = (path: string): Readonly<Record<string, string>> =>
  isPartOfFlow(path) ? headersOfFlow : headersOfOthers

/** Keeps a page to itself: no frames, nothing inline, nothing from elsewhere. */
export function setPageHeaders(ctx: Pick<Context, 'path' | 'remove' | 'set'>): void {
  for (const [name, value] of Object.entries(toPageHeaders(ctx.path))) {
    // The host may have set it earlier.
    if (value === '') ctx.remove(name)
    else ctx.set(name, value)
  }
}

/** Puts the headers of the host back, if the answer is the host's after all. */
export function restoreHeaders(ctx: Context, before: OutgoingHttpHeaders): void {
  const ours = [
    'X-Content-Type-Options',
    requestIdHeader,
    strictTransport,
    ...Object.keys(toPageHeaders(ctx.path)),
  ]
  for (const name of ours) {
    const value = before[name.toLowerCase()]
    if (value === undefined) ctx.remove(name)
    else ctx.res.setHeader(name, value)
  }
}

/**
 * Lets the forms of a page lead to the client. Chromium checks the whole chain of redirects after a
 * form against `form-action`, the client's own redirects among them. One origin is not enough: with less than this, the
 * button does nothing.
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
