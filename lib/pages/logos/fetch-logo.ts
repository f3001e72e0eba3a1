import dns from 'node:dns'
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { LookupFunction } from 'node:net'
import { findLogoUriProblem, isFetchable, type LogoProblem } from '../../clients/logo-uris.ts'

/** An image that is safe to show from our own origin. */
export interface Logo {
  readonly type: 'image/png' | 'image/jpeg' | 'image/webp' | 'image/gif'
  readonly content: Buffer
}

/** How large a logo may be, in bytes. */
const maxSize = 256 * 1024

/** How long fetching it may take in all, in milliseconds. */
const timeout = 3000

const headers = { accept: 'image/png, image/jpeg, image/webp, image/gif' }

/**
 * Fetches a logo, or returns the reason why it cannot be shown. No redirect is followed, nothing is fetched from inside the host's
 * network, and an SVG is refused because it can hold scripts.
 *
 * @param isDevelopment - also accepts loopback hosts, with `http` as well
 */
export async function fetchLogo(uri: string, isDevelopment: boolean): Promise<Logo | LogoProblem> {
  const problem = findLogoUriProblem(uri, isDevelopment)
  if (problem !== undefined) return problem
  const signal = AbortSignal.timeout(timeout)
  try {
    const lookup = createLookup(isDevelopment)
    const content = await download(new URL(uri), { lookup, signal, headers, agent: false })
    if (typeof content === 'string') return content
    const type = typeOf(content)
    return type ? { type, content } : 'unsupported_format'
  } catch (error) {
    if (error === notPublic) return 'private_address'
    return signal.aborted ? 'timeout' : 'unreachable'
  }
}

function download(url: URL, options: RequestOptions): Promise<Buffer | LogoProblem> {
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest
  return new Promise((resolve, reject) => {
    const request = send(url, options, (response) => {
      const problem = findProblem(response)
      if (problem === undefined) {
        read(response).then(resolve, reject)
        return
      }
      request.destroy()
      resolve(problem)
    })
    request.on('error', reject)
    request.end()
  })
}

function findProblem({ statusCode = 0, headers: given }: IncomingMessage): LogoProblem | undefined {
  if (statusCode >= 300 && statusCode < 400) return 'redirected'
  if (statusCode !== 200) return 'bad_status'
  return Number(given['content-length'] ?? 0) > maxSize ? 'too_large' : undefined
}

async function read(response: IncomingMessage): Promise<Buffer | LogoProblem> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length
    // Leaving the loop ends the connection.
    if (size > maxSize) return 'too_large'
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** The kind of an image by its first bytes. The type that its server sends does not matter. */
function typeOf(content: Buffer): Logo['type'] | undefined {
  const start = content.subarray(0, 12).toString('latin1')
  if (start.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png'
  if (start.startsWith('\xff\xd8\xff')) return 'image/jpeg'
  if (/^GIF8[79]a/.test(start)) return 'image/gif'
  if (start.startsWith('RIFF') && start.endsWith('WEBP')) return 'image/webp'
  return undefined
}

const notPublic = new Error('the name has an address that is not of the public network')

/**
 * Creates a lookup that checks the very addresses that are connected to. A name that was checked before could have other
 * addresses by then (DNS rebinding).
 */
const createLookup =
  (isDevelopment: boolean): LookupFunction =>
  (hostname, options, callback) => {
    dns.lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, '', 0)
      const [first] = addresses
      if (!first || !addresses.every(({ address }) => isFetchable(address, isDevelopment)))
        return callback(notPublic, '', 0)
      if (options.all) return callback(null, addresses)
      return callback(null, first.address, first.family)
    })
  }
