import { getDomain, parse } from 'tldts'
import { z } from 'zod'
import type { ConfigurationIssue } from '../errors.ts'
import { complain } from '../validation/schemas.ts'
import { isLoopback, isLoopbackOrHttps } from '../validation/url.ts'

/** The most characters of a URI. */
const longest = 2000

const uriText = z
  .string({ error: 'must be a string' })
  .min(1, { error: 'must not be empty' })
  .max(longest, { error: `must have ${longest} characters at most` })

/** A page of a client, or an address it names: `https`, or `http` for loopback hosts. */
export const webUri: z.ZodType<string> = checked('invalid_uri', (value, url) =>
  isWeb(url) ? webProblem(value, url) : 'must be an https URL (http for loopback hosts)',
)

/** The URI that the browser is sent to with the answer. */
export const redirectUri: z.ZodType<string> = checked('invalid_redirect_uri', (value, url) =>
  isWeb(url) ? webProblem(value, url) : schemeProblem(value),
)

/** Brings equal URIs to one spelling. Returns any other value as it is. */
export const toOneSpelling = (value: unknown): unknown =>
  typeof value === 'string' ? (URL.parse(value)?.href ?? value) : value

function checked(
  code: string,
  find: (value: string, url: URL) => string | undefined,
): z.ZodType<string> {
  return uriText.superRefine((value, context) => {
    if (value === '' || value.length > longest) return
    const url = URL.parse(value)
    const problem = spellingProblem(value) ?? (url ? find(value, url) : 'must be an absolute URI')
    if (problem) complain(context, code, problem)
  })
}

// A parser mends or drops some characters silently, and another parser reads them differently: they are refused.

function spellingProblem(value: string): string | undefined {
  if (/[^\w\-.~:/?#[\]@!$&'()*+,;=%]/.test(value)) {
    return 'must have nothing but the characters of a URI (RFC 3986, Section 2), with other hosts in their xn-- form'
  }
  if (value.includes('#')) return 'must not have a fragment (RFC 6749, Section 3.1.2)'
  if (value.includes('*')) return 'must not have a wildcard'
  if (/%(?![\da-f]{2})/i.test(value)) {
    return 'must have two hexadecimal digits behind every % (RFC 3986, Section 2.1)'
  }
  // With any number of slashes: a parser may read what follows as the authority.
  return /^[^:/?]*:\/*[^/?]*@/.test(value) ? 'must not contain user name or password' : undefined
}

const isWeb = ({ protocol }: URL): boolean => protocol === 'http:' || protocol === 'https:'

function webProblem(value: string, url: URL): string | undefined {
  const [, authority] = /^https?:\/\/([^/?]+)/i.exec(value) ?? []
  if (authority === undefined) return 'must have :// and a host behind http or https'
  const { protocol, hostname, host } = url
  const withPort = `${hostname}:${protocol === 'https:' ? 443 : 80}`
  if (![host, withPort].includes(authority.toLowerCase())) {
    return 'must have host and port as a browser shows them: nothing encoded, IP addresses in their usual form, no leading zeros'
  }
  return isLoopbackOrHttps(url) ? undefined : 'must use https, except for loopback hosts'
}

/** RFC 8252, Section 7.1: a private scheme is a domain name in reverse. */
const schemeProblem = (value: string): string | undefined =>
  /^[a-z][a-z\d-]*(\.[a-z\d][a-z\d-]*)+:/i.test(value)
    ? undefined
    : 'must use https, or as a private scheme a domain name in reverse'

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

/** How many redirect URIs a client may have: the longest list that it may have of anything with a host. */
export const mostRedirectUris = 50

/**
 * Finds what is on a reserved host or on a host below one. A client keeps what it has already, as the operator may have given it.
 *
 * @param members - those that people and codes trust
 */
export function findReservedHosts(
  members: readonly (readonly [name: string, value: unknown])[],
  reserved: readonly string[],
  current: object = {},
): readonly ConfigurationIssue[] {
  const kept = new Map(Object.entries(current).map(([name, value]) => [name, [value].flat()]))
  return members.flatMap(([name, given]) =>
    (Array.isArray(given) ? (given as unknown[]).slice(0, mostRedirectUris) : [given]).flatMap(
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

/** The hosts that a URI or an email address names. A private scheme is one in reverse (RFC 8252, Section 7.1). */
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

interface Client {
  readonly redirect_uris?: readonly string[]
}

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
