import type { IncomingMessage } from 'node:http'
import ipaddr from 'ipaddr.js'
import proxyaddr from 'proxy-addr'

/** Returns from where a request came, as one text for all addresses that one sender usually has. */
export type AddressOf = (request: IncomingMessage) => string

/**
 * Finds the address of a client: the last one in `X-Forwarded-For` that is not a trusted proxy. Without trusted proxies,
 * it is the peer of the connection, and no header counts.
 *
 * @param trustedProxies - addresses, ranges (CIDR) and the names `loopback`, `linklocal` and `uniquelocal`
 */
export function createAddressOf(trustedProxies: readonly string[]): AddressOf {
  const isTrusted = proxyaddr.compile([...trustedProxies])
  return (request) => toSender(proxyaddr(request, isTrusted))
}

/** One subscriber has a whole /64 of IPv6 addresses (RFC 6177, Section 2). An IPv4 address in IPv6 is IPv4. */
function toSender(address: string | undefined): string {
  if (address === undefined || !ipaddr.isValid(address)) return 'unknown'
  const parsed = ipaddr.process(address)
  return parsed instanceof ipaddr.IPv6
    ? `${parsed.parts
        .slice(0, 4)
        .map((part) => part.toString(16))
        .join(':')}::/64`
    : parsed.toString()
}

/** Whether it is a proxy as {@link createAddressOf} takes it. */
export function isProxy(text: string): boolean {
  try {
    proxyaddr.compile([text])
    return true
  } catch {
    return false
  }
}
