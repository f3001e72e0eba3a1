import { getDomain, parse } from 'tldts'
import type { ConfigurationIssue } from '../errors.ts'
import { isFetchableHost } from '../validation/address.ts'
import { isLoopback } from '../validation/url.ts'
import type { ClientMetadata } from './rules.ts'

// The rules for URIs beyond their form, for which a client keeps what it has already.

/** The host of the product, which no partner has a part of. */
const productHost = 'pleo.io'

/** The hosts that partners may not use: the issuer's, the product's and those of the option. Never loopback. */
export const toReservedHosts = (issuer: string, given: readonly string[] = []): readonly string[] =>
  [new URL(issuer).hostname, productHost, ...given]
    .map((host) => toHost(host))
    .filter((host) => !isLoopback(host))

/** Finds what is wrong with a host of the option: one that reserves nothing, or all hosts of strangers. */
export function findReservedHostFlaw(given: string): string | undefined {
  const host = toHost(given)
  if (isLoopback(host)) return 'must not be a loopback host: those are never reserved'
  // Suffixes that companies have, such as github.io, may be the host's own.
  const { publicSuffix, isIcann } = parse(host)
  return isIcann && publicSuffix === host
    ? 'must not be a public suffix: it would refuse every partner below it. Name the domain of your own'
    : undefined
}

/** How many values of a list are looked at: longer ones are refused as such. */
const mostValues = 50

/**
 * Finds what is on a reserved host or on a host below one. A client keeps what it has already, as the operator may have given it.
 *
 * @param members - those that people and codes trust
 */
export function findReservedHosts(
  members: readonly (readonly [name: string, value: unknown])[],
  reserved: readonly string[],
  current: Partial<ClientMetadata> = {},
): readonly ConfigurationIssue[] {
  const kept = new Map(Object.entries(current).map(([name, value]) => [name, [value].flat()]))
  return members.flatMap(([name, given]) =>
    (Array.isArray(given) ? (given as unknown[]).slice(0, mostValues) : [given]).flatMap(
      (value, index) => {
        if (typeof value !== 'string' || kept.get(name)?.includes(value)) return []
        if (!hostsOf(value).some((host) => isBelow(host, reserved))) return []
        const path = Array.isArray(given) ? `${name}[${index}]` : name
        return [{ path, code: 'reserved_host', message: 'must be on a host of your own' }]
      },
    ),
  )
}

/**
 * Whether all these redirect URIs are on the site of a page: the same host, or another one of the same registrable domain. Only an
 * `https` URI is on a site, because any application can claim a private scheme.
 */
export function isOnSite(page: string, redirectUris: readonly string[]): boolean {
  const site = siteOf(toHost(URL.parse(page)?.hostname ?? ''))
  return (
    redirectUris.length > 0 &&
    redirectUris.every((uri) => {
      const { protocol, hostname = '' } = URL.parse(uri) ?? {}
      return protocol === 'https:' && siteOf(toHost(hostname)) === site
    })
  )
}

/** The hosts that a URI or an e-mail address names. A private scheme is one in reverse (RFC 8252, Section 7.1). */
function hostsOf(value: string): readonly string[] {
  const url = URL.parse(value)
  if (!url) return [toHost(value.slice(value.lastIndexOf('@') + 1))]
  const { protocol, hostname } = url
  if (protocol === 'http:' || protocol === 'https:') return [toHost(hostname)]
  const reversed = protocol.slice(0, -1).split('.').toReversed().join('.')
  // Its host stays encoded, and an application may decode it.
  return [reversed, toHost(new URLSearchParams(`host=${hostname}`).get('host') ?? '')].filter(
    Boolean,
  )
}

const isBelow = (host: string, reserved: readonly string[]): boolean =>
  reserved.some((one) => host === one || host.endsWith(`.${one}`))

const siteOf = (host: string): string => getDomain(host, { allowPrivateDomains: true }) ?? host

/** A dot at the end makes it no other host. */
const toHost = (text: string): string => text.toLowerCase().replace(/\.+$/, '')

/**
 * The parameters that an answer sets.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749.html#section-4.1.2 RFC 6749, Section 4.1.2}, and RFC 9207, Section 2
 */
const answerParameters = ['code', 'state', 'iss', 'error', 'error_description', 'error_uri']

function findAnswerParameter(uri: string): string | undefined {
  const query = new URLSearchParams(uri.split(/\?(.*)/s)[1])
  return answerParameters.find((name) => query.has(name))
}

type Client = Partial<Pick<ClientMetadata, 'redirect_uris'>>

/** Finds redirect URIs with a parameter that the answer sets as well. A client keeps those that it has already. */
export function findRedirectUriIssues(
  { redirect_uris: uris = [] }: Client,
  { redirect_uris: registered = [] }: Client = {},
): readonly ConfigurationIssue[] {
  return uris.flatMap((uri, index) => {
    const name = registered.includes(uri) ? undefined : findAnswerParameter(uri)
    if (name === undefined) return []
    const path = `redirect_uris[${index}]`
    const message = `must not have ${name} in its query: the answer sets that parameter`
    return [{ path, code: 'invalid_redirect_uri', message }]
  })
}

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
  return isFetchableHost(url.hostname, isDevelopment) ? undefined : 'private_address'
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
