import { createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Middleware } from 'koa'
import type { Config } from '../config/config.ts'
import { createAddressOf, type AddressOf } from '../config/trusted-proxies.ts'

/**
 * How the server takes the headers of the proxies before it:
 * - `right`: it finds the address of the client;
 * - `direct`: no proxy ends TLS before it, so there is nothing to find;
 * - `proxy_not_trusted`: it takes a proxy for the client;
 * - `forwarded_for_missing`: the proxy does not add the address of its peer;
 * - `forwarded_for_believed`: it takes an address that the client made up.
 */
export type ProxyVerdict =
  'right' | 'direct' | 'proxy_not_trusted' | 'forwarded_for_missing' | 'forwarded_for_believed'

const questionHeader = 'X-Pleo-Proxy-Question'
const answerHeader = 'X-Pleo-Proxy-Verdict'

/** The address that a question makes up (RFC 5737): nobody has it. */
const madeUp = '203.0.113.113'

/** How long a question counts, in milliseconds. Clocks differ. */
const longest = 300_000

type Asked = Pick<Config, 'cookieKeys' | 'issuer'>

/** The headers of a request for metadata that ask for the verdict. Only those who know a cookie key can ask. */
export function toProxyQuestion({ cookieKeys, issuer }: Asked): Readonly<Record<string, string>> {
  const now = String(Date.now())
  const proof = prove(cookieKeys[0] ?? '', issuer, now).toString('base64url')
  return { [questionHeader]: `${now}.${proof}`, 'X-Forwarded-For': madeUp }
}

/** Reads the verdict. Undefined: the server did not know the question. */
export const readProxyVerdict = ({ headers }: Response): ProxyVerdict | undefined =>
  (headers.get(answerHeader) as ProxyVerdict | null) ?? undefined

/** Answers such questions beside the metadata, and leaves all other requests as they are. */
export function withProxyVerdict(
  config: Asked & Pick<Config, 'trustedProxies'>,
  metadata: Middleware,
): Middleware {
  const addressOf = createAddressOf(config.trustedProxies)
  return async (ctx, next) => {
    const { req, res } = ctx
    const question = req.headers[questionHeader.toLowerCase()]
    await metadata(ctx, next)
    if (typeof question !== 'string' || !isGenuine(question, config)) return
    const isBehind = config.issuer.startsWith('https:') && !('encrypted' in req.socket)
    res.setHeader(answerHeader, isBehind ? judge(req, addressOf) : 'direct')
    res.setHeader('Cache-Control', 'no-store')
  }
}

/** The address of the client is the one that the first proxy added, behind the one that was made up. */
function judge({ headers, socket }: IncomingMessage, addressOf: AddressOf): ProxyVerdict {
  const see = (hops: readonly string[]): string =>
    addressOf({ headers: { 'x-forwarded-for': hops.join(',') }, socket } as never)
  const hops = String(headers['x-forwarded-for'] ?? '')
    .split(',')
    .map((hop) => hop.trim())
    .filter(Boolean)
  const seen = see(hops)
  const client = hops[hops.indexOf(madeUp) + 1]
  if (client === undefined) {
    return seen === madeUp ? 'forwarded_for_believed' : 'forwarded_for_missing'
  }
  // A client on the machine of the proxy has the same address.
  if (see([madeUp]) !== madeUp) return 'proxy_not_trusted'
  // If the client is at the address of a trusted proxy, the address before it counts, and that is right.
  return seen === toSender(client) || seen === madeUp ? 'right' : 'proxy_not_trusted'
}

const senderOf = createAddressOf([])

/** One hop, in the form in which addresses are compared. */
const toSender = (hop: string): string =>
  senderOf({ headers: {}, socket: { remoteAddress: hop } } as IncomingMessage)

function isGenuine(question: string, { cookieKeys, issuer }: Asked): boolean {
  const [time = '', proof = ''] = question.split('.')
  if (!(Math.abs(Date.now() - Number(time)) <= longest)) return false
  const given = Buffer.from(proof, 'base64url')
  return cookieKeys.some((key) => {
    const expected = prove(key, issuer, time)
    return given.length === expected.length && timingSafeEqual(given, expected)
  })
}

const prove = (key: string, issuer: string, time: string): Buffer =>
  createHmac('sha256', key).update(`pleo-oauth-server proxies ${issuer} ${time}`).digest()
