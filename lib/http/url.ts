/** Hosts that never leave the machine (RFC 8252, Section 7.3). */
const loopbackHosts = new Set(['localhost', '127.0.0.1', '[::1]'])

/** Whether the URL is protected by TLS, or never leaves the machine. */
export function isLoopbackOrHttps(url: URL): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && loopbackHosts.has(url.hostname))
}

/**
 * What is wrong with how an issuer is written: another spelling is another issuer.
 *
 * @param url - the same, as it was parsed
 * @see {@link https://www.rfc-editor.org/rfc/rfc8414.html#section-2 RFC 8414, Section 2}
 */
export function findIssuerFlaw(text: string, url: URL): string | undefined {
  if (/[?#]/.test(text)) return 'must not have a query or a fragment'
  if (text.endsWith('/')) return 'must not end with a slash'
  if (!isLoopbackOrHttps(url)) return 'must use https, except for loopback hosts'
  const normal = url.pathname === '/' ? url.origin : url.href
  return text === normal ? undefined : 'must be written in normal form'
}

/**
 * The request target as the client sent it. Koa's own `ctx.originalUrl` is what a host in Express or connect left of it,
 * which keeps the whole at the request: a property that no header sets.
 */
export const originalUrlOf = ({
  req,
  originalUrl,
}: {
  readonly req: object
  readonly originalUrl: string
}): string => (req as { readonly originalUrl?: string }).originalUrl ?? originalUrl
