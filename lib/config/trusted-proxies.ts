import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import proxyaddr from 'proxy-addr'
import { createMemory } from '../validation/memory.ts'

/** Returns from where a request came, as one text for all addresses that one sender usually has. */
export type AddressOf = (request: IncomingMessage) => string

/**
 * Finds the address of a client: the last one in `X-Forwarded-For` that is not a trusted proxy. Without trusted proxies,
 * it is the peer of the connection, and no header counts.
 *
 * @param trustedProxies - addresses, ranges (CIDR) and the names `loopback`, `linklocal` and `uniquelocal`
 */
export function createAddressOf(trustedProxies: readonly string[]): AddressOf {
  const existing = created.get(trustedProxies) ?? create(trustedProxies)
  created.set(trustedProxies, existing)
  return existing
}

/** One for each list: it warns once. */
const created = new WeakMap<readonly string[], AddressOf>()

function create(trustedProxies: readonly string[]): AddressOf {
  const find = createFind(trustedProxies)
  // Most requests come from where others came from. To read an address takes as long as everything else that is counted.
  const remember = createMemory<string>()
  return (request) => {
    const { 'x-forwarded-for': header } = request.headers
    const { remoteAddress = '' } = request.socket
    const key = header === undefined ? remoteAddress : `${remoteAddress} ${String(header)}`
    return remember(key, () => find(request))
  }
}

function createFind(trustedProxies: readonly string[]): AddressOf {
  const isTrusted = proxyaddr.compile([...trustedProxies])
  let hasWarned = false
  return (request) => {
    const address = withoutPort(
      proxyaddr(request, (hop, index) => isTrusted(withoutPort(hop), index)),
    )
    if (ipaddr.isValid(address)) return toSender(address)
    // A connection that was closed meanwhile has no address.
    if (address !== '' && !hasWarned) {
      hasWarned = true
      warnOfUnreadable()
    }
    return 'unknown'
  }
}

/** Some proxies name the port of their peer, too. */
function withoutPort(hop: string | undefined): string {
  const [, v6, v4] = /^(?:\[(.+)\](?::\d+)?|([\d.]+):\d+)$/.exec(hop ?? '') ?? []
  return v6 ?? v4 ?? hop ?? ''
}

/** One subscriber has a whole /64 of IPv6 addresses (RFC 6177, Section 2). An IPv4 address in IPv6 is IPv4. */
function toSender(address: string): string {
  const parsed = ipaddr.process(address)
  return parsed instanceof ipaddr.IPv6
    ? `${parsed.parts
        .slice(0, 4)
        .map((part) => part.toString(16))
        .join(':')}::/64`
    : parsed.toString()
}

function warnOfUnreadable(): void {
  process.emitWarning(
    'a trusted proxy sent something in X-Forwarded-For that is not an address, so all such requests share one part of anonymousRequests, and the limits of one address: have the proxy send addresses',
    { type: 'ProxyWarning', code: 'address_unreadable' },
  )
}

/** Finds what is wrong with a proxy that is meant for {@link createAddressOf}. */
export function findProxyFlaw(text: string): string | undefined {
  if (['loopback', 'linklocal', 'uniquelocal'].includes(text)) return undefined
  if (/[\s,]/.test(text))
    return 'must be one address or range, without spaces: give each one as a text of its own'
  const [address = '', size = ''] = text.split(/\/(.*)/s)
  // The parser reads 010.0.0.1 as 8.0.0.1.
  if (isIP(address) === 0 || (size.includes('.') && isIP(size) !== 4)) return noProxy
  if (/^(?:0+|0\.0\.0\.0)$/.test(size))
    return 'must not be every address: then a header alone decides where a request comes from'
  try {
    proxyaddr.compile([text])
    return undefined
  } catch {
    return noProxy
  }
}

const noProxy =
  'must be an address, a range such as 10.0.0.0/8, or loopback, linklocal or uniquelocal'
