import { getDomain, parse } from 'tldts'
import type { ConfigurationIssue } from '../errors.ts'
import { isLoopback } from '../http/url.ts'
import type { ClientMetadata } from './metadata.ts'

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
