import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import type { ConfigurationIssue } from '../errors.ts'

/** Why pages do not show the logo of a client, as a stable code with its sentence. */
export const logoProblems = {
  invalid_uri: 'its URI must use https, and have no user name or password',
  private_address: 'its host must have addresses of the public network only',
  unsupported_format: 'it must be a PNG, JPEG, WebP or GIF file',
  unreachable: 'its host cannot be reached',
  timeout: 'its host did not send it within 3 seconds',
  redirected: 'its host redirects, and no redirect is followed',
  bad_status: 'its host did not answer with status 200',
  too_large: 'it must have 256 KiB at most',
} as const

/** The code of a reason why pages do not show a logo. */
export type LogoProblem = keyof typeof logoProblems

/**
 * Finds out that a logo is never fetched, by its URI alone.
 *
 * @param isDevelopment - also accepts loopback hosts, with `http` as well
 */
export function findLogoUriProblem(uri: string, isDevelopment: boolean): LogoProblem | undefined {
  const url = URL.parse(uri)
  const isAllowed = url?.protocol === 'https:' || (isDevelopment && url?.protocol === 'http:')
  if (!url || !isAllowed || url.username || url.password) return 'invalid_uri'
  // Of a name, only its addresses can say more, unless it always means this machine.
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const isAllowedHost =
    isIP(host) === 0
      ? isDevelopment || !/(?:^|\.)localhost\.?$/.test(host)
      : isFetchable(host, isDevelopment)
  return isAllowedHost ? undefined : 'private_address'
}

/** Formats that pages never show, by the end of a path. A path may also say nothing of the format. */
const unsupported = /\.(?:avif|bmp|heic|ico|pdf|svgz?|tiff?)$/i

/** The logos of a client in all languages, by the members they are in. */
export const logoUrisOf = (client: object): readonly (readonly [member: string, uri: string])[] =>
  Object.entries(client).filter(
    (entry): entry is [string, string] =>
      /^logo_uri($|#)/.test(entry[0]) && typeof entry[1] === 'string',
  )

/**
 * Finds logos that pages would never show. A client keeps those that it has already.
 *
 * @param isDevelopment - also accepts loopback hosts
 */
export function findLogoUriIssues(
  client: object,
  isDevelopment: boolean,
  current: object = {},
): readonly LogoUriIssue[] {
  const registered = new Set(logoUrisOf(current).map(([, uri]) => uri))
  return logoUrisOf(client).flatMap(([path, uri]) => {
    const isUnsupported = unsupported.test(URL.parse(uri)?.pathname ?? '')
    const code =
      findLogoUriProblem(uri, isDevelopment) ?? (isUnsupported ? 'unsupported_format' : undefined)
    if (code === undefined || registered.has(uri)) return []
    return [{ path, code, message: `names a logo that pages cannot show: ${logoProblems[code]}` }]
  })
}

interface LogoUriIssue extends ConfigurationIssue {
  readonly code: LogoProblem
}

const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3')

/**
 * Whether an address is a global unicast address, in whatever form it is written. For any other address returns false: those of
 * a private network, of documentation and of multicast, and those that stand for an IPv4 address (6to4, NAT64).
 *
 * @param takesLoopback - also accepts loopback addresses
 * @see {@link https://www.rfc-editor.org/rfc/rfc6890.html RFC 6890}
 */
export function isFetchable(address: string, takesLoopback: boolean): boolean {
  if (isIP(address) === 0) return false
  // An IPv4-mapped address counts as the IPv4 address in it.
  const parsed = ipaddr.process(address)
  const range = parsed.range()
  if (takesLoopback && range === 'loopback') return true
  // The library calls an IPv6 address unicast if it knows nothing else of it.
  return range === 'unicast' && (!(parsed instanceof ipaddr.IPv6) || parsed.match(globalUnicast))
}
