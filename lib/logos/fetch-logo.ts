import { lookup as systemLookup } from 'node:dns'
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { BlockList, isIP, type LookupFunction } from 'node:net'

/** An image that is safe to show from our own origin. */
export interface Logo {
  readonly type: 'image/png' | 'image/jpeg' | 'image/webp' | 'image/gif'
  readonly content: Buffer
}

/** How large a logo may be, in bytes. */
const maxSize = 256 * 1024

/** How long fetching it may take in all, in milliseconds. */
const timeout = 3000

/**
 * Fetches a logo. `undefined` for whatever is no small picture in time: no redirect is followed, nothing
 * is fetched from inside the host's network, and SVG is no picture, since it can hold scripts.
 *
 * @param isDevelopment - also takes `http` and loopback hosts, as developers have them
 */
export async function fetchLogo(uri: string, isDevelopment: boolean): Promise<Logo | undefined> {
  const url = URL.parse(uri)
  const isAllowed = url?.protocol === 'https:' || (isDevelopment && url?.protocol === 'http:')
  if (!url || !isAllowed || url.username || url.password) return undefined
  const literal = url.hostname.replace(/^\[|\]$/g, '')
  if (isIP(literal) && !isDevelopment && isInside(literal)) return undefined
  try {
    const content = await download(url, isDevelopment ? {} : { lookup: outsideOnly })
    const type = content && typeOf(content)
    return type && { type, content }
  } catch {
    return undefined
  }
}

function download(url: URL, options: RequestOptions): Promise<Buffer | undefined> {
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest
  const signal = AbortSignal.timeout(timeout)
  const headers = { accept: 'image/png, image/jpeg, image/webp, image/gif' }
  return new Promise((resolve, reject) => {
    const request = send(url, { ...options, signal, headers, agent: false }, (response) => {
      const declared = Number(response.headers['content-length'] ?? 0)
      if (response.statusCode === 200 && declared <= maxSize) {
        read(response).then(resolve, reject)
        return
      }
      request.destroy()
      resolve(undefined)
    })
    request.on('error', reject)
    request.end()
  })
}

async function read(response: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length
    // Leaving the loop ends the connection.
    if (size > maxSize) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** What it is by its first bytes, whatever its server calls it. */
function typeOf(content: Buffer): Logo['type'] | undefined {
  const start = content.subarray(0, 12).toString('latin1')
  if (start.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png'
  if (start.startsWith('\xff\xd8\xff')) return 'image/jpeg'
  if (/^GIF8[79]a/.test(start)) return 'image/gif'
  if (start.startsWith('RIFF') && start.endsWith('WEBP')) return 'image/webp'
  return undefined
}

const inside = new BlockList()
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const) {
  inside.addSubnet(network, prefix)
}
for (const [network, prefix] of [
  ['::', 96],
  ['64:ff9b::', 96],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const) {
  inside.addSubnet(network, prefix, 'ipv6')
}

/** Whether an address is of no host on the public network (RFC 6890). */
const isInside = (address: string): boolean => {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped) return inside.check(mapped)
  return inside.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
}

/** Looks a name up and checks what is then connected to: a name that is checked first may change until then. */
const outsideOnly: LookupFunction = (hostname, options, callback) => {
  systemLookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, '', 0)
    const outside = addresses.filter(({ address }) => !isInside(address))
    const [first] = outside
    if (!first || outside.length < addresses.length) {
      return callback(new Error('not a host of the public network'), '', 0)
    }
    if (options.all) return callback(null, outside)
    return callback(null, first.address, first.family)
  })
}
