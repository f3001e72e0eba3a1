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
 * Path and query of the request target as the client sent it. Koa's own `ctx.originalUrl` is what a host in Express or connect left
 * of it. Those keep the whole at the request: a property that no header sets.
 *
 * Some gateways send the absolute form. Its authority is ignored, as `Host` is.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9112.html#section-3.2.2 RFC 9112, Section 3.2.2}
 */
export function originalUrlOf(ctx: { readonly req: object; readonly originalUrl: string }): string {
  const { originalUrl: target = ctx.originalUrl } = ctx.req as { readonly originalUrl?: string }
  const [authority] = /^https?:\/\/[^/?#]+/i.exec(target) ?? []
  if (authority === undefined) return target
  const rest = target.slice(authority.length)
  return rest.startsWith('/') ? rest : `/${rest}`
}
