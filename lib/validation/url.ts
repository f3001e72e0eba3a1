/** Hosts that are this machine (RFC 8252, Section 7.3). */
const loopbackHosts = new Set(['localhost', '127.0.0.1', '[::1]'])

/** Whether the host of a URL is this machine. */
export const isLoopback = (hostname: string): boolean => loopbackHosts.has(hostname)

/** Whether the URL uses TLS, or its host is this machine. */
export function isLoopbackOrHttps(url: URL): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))
}

/**
 * Finds a mistake in the spelling of an issuer: another spelling would be another issuer.
 *
 * @param url - the same, as it was parsed
 * @see {@link https://www.rfc-editor.org/rfc/rfc8414.html#section-2 RFC 8414, Section 2}
 */
export function findIssuerFlaw(text: string, url: URL): string | undefined {
  if (/[?#]/.test(text)) return 'must not have a query or a fragment'
  if (text.endsWith('/')) return 'must not end with a slash'
  if (!isLoopbackOrHttps(url)) return 'must use https, except for loopback hosts'
  const normal = url.pathname === '/' ? url.origin : url.href
  return text === normal
    ? undefined
    : 'must be written as URL parsers print it: the host in lower case, no default port (443 for https, 80 for http), and nothing that they shorten or encode, such as /../ or a space'
}

/**
 * Path and query of the request target as the client sent it. In a host of Express or connect, Koa's own `ctx.originalUrl` is only the
 * rest that the host left. The host keeps the whole as a property of the request, which no header sets.
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

/**
 * Brings equal URIs to one spelling: case of scheme and host, percent-encoding, dot segments, default port, empty
 * path. A slash at the end of a path counts. A text with other characters than those of a URI is returned as it is, because
 * parsers mend it in different ways.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc3986.html#section-6.2.2 RFC 3986, Sections 6.2.2 and 6.2.3}
 */
export function toNormalUri(uri: string): string {
  const decoded = uri.replace(/%[\da-f]{2}/gi, toNormalOctet)
  const [, scheme = '', authority, path = '', rest = ''] =
    /^([a-z][a-z\d+.-]*:)(?:\/\/([^/?#]*))?([^?#]*)(.*)$/i.exec(decoded) ?? []
  if (scheme === '' || /[^\w\-.~:/?#[\]@!$&'()*+,;=%]/.test(uri)) return uri
  const normalScheme = scheme.toLowerCase()
  if (authority === undefined) return normalScheme + path + rest
  const host = authority.replace(/[^@]*$/, (text) => text.toLowerCase())
  const normalHost = host.replace(defaultPorts.get(normalScheme) ?? /:$/, '')
  return `${normalScheme}//${normalHost}${new URL(`http://path${path}`).pathname}${rest}`
}

const defaultPorts: ReadonlyMap<string, RegExp> = new Map([
  ['http:', /:(?:80)?$/],
  ['https:', /:(?:443)?$/],
])

function toNormalOctet(octet: string): string {
  const character = String.fromCharCode(Number.parseInt(octet.slice(1), 16))
  return /[\w\-.~]/.test(character) ? character : octet.toUpperCase()
}
