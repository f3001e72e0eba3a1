import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { Refusal } from '../terminal/refusal.ts'
import { closingPage, pageHeaders } from './closing-page.ts'
import type { RedirectUri } from './values.ts'

/** What waits for the redirect. */
export interface RedirectListener {
  /**
   * The URL that the browser was sent to, with the answer; the first one counts.
   *
   * @throws {@link Refusal} after so many seconds, and what the interruption is for
   */
  readonly wait: (seconds: number, interruption: AbortSignal) => Promise<URL>
  readonly close: () => void
}

/**
 * Listens on the host and the port of the redirect URI, and nowhere else.
 *
 * @throws {@link Refusal} where that cannot be listened on
 */
export async function listenFor({ url: redirectUri }: RedirectUri): Promise<RedirectListener> {
  let come: (url: URL) => void = () => undefined
  const redirected = new Promise<URL>((resolve) => (come = resolve))
  let isAnswered = false
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const url = isAnswered ? undefined : toAnswer(request, redirectUri)
    if (!url) {
      response.writeHead(404, pageHeaders).end()
      return
    }
    isAnswered = true
    // Once the page is out, or nobody waits for it.
    response.once('close', () => come(url))
    response.writeHead(200, pageHeaders).end(closingPage)
  }
  const servers: Server[] = []
  const close = (): void => {
    for (const server of servers) {
      server.close()
      server.closeAllConnections()
    }
  }
  try {
    for (const address of addressesOf(redirectUri)) {
      const server = await listen(address, redirectUri)
      servers.push(...(server ? [server.on('request', handle)] : []))
    }
  } catch (error) {
    close()
    throw error
  }
  return { wait: (...limits) => waitFor(redirected, ...limits), close }
}

async function waitFor(
  redirected: Promise<URL>,
  seconds: number,
  interruption: AbortSignal,
): Promise<URL> {
  let timer: NodeJS.Timeout | undefined
  const end = new Promise<never>((_, reject) => {
    const late = new Refusal(`nobody came back within ${seconds} second${seconds === 1 ? '' : 's'}`)
    timer = setTimeout(() => reject(late), seconds * 1000)
    if (interruption.aborted) reject(interruption.reason as Error)
    interruption.addEventListener('abort', () => reject(interruption.reason as Error))
  })
  try {
    return await Promise.race([redirected, end])
  } finally {
    clearTimeout(timer)
  }
}

/** The name is both, and whoever else had the one that is left would get the codes. */
const addressesOf = ({ hostname }: URL): readonly string[] =>
  hostname === 'localhost' ? ['127.0.0.1', '::1'] : [hostname.replaceAll(/[[\]]/g, '')]

async function listen(host: string, { port, hostname }: URL): Promise<Server | undefined> {
  const server = createServer()
  try {
    server.listen({ host, port: Number(port || 80) })
    await once(server, 'listening')
    return server
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    // A machine without IPv6.
    if (hostname === 'localhost' && ['EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes(code))
      return undefined
    const reason = code === 'EADDRINUSE' ? `port ${port || 80} is in use` : code
    throw new Refusal(`the redirect URI cannot be listened on: ${reason}`)
  }
}

/** The URL of a request that is an authorization response (RFC 6749, Section 4.1.2), and nothing else. */
function toAnswer({ method, url, headers }: IncomingMessage, redirectUri: URL): URL | undefined {
  const answer = URL.parse(url ?? '', redirectUri.origin)
  // The name as well: a page elsewhere can have a name of its own lead here.
  if (method !== 'GET' || headers.host !== redirectUri.host) return undefined
  if (answer?.origin !== redirectUri.origin || answer.pathname !== redirectUri.pathname)
    return undefined
  return ['code', 'error'].some((name) => answer.searchParams.has(name)) ? answer : undefined
}
