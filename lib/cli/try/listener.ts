import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import { Refusal } from '../terminal/refusals.ts'
import { closingPage, pageHeaders, strayPage } from './listener-pages.ts'
import type { RedirectUri } from './partner.ts'

/** Waits for the redirect. */
export interface RedirectListener {
  /**
   * Returns the URL that the browser was sent to. Only the first one counts.
   *
   * @throws {@link Refusal} after so many seconds, and the reason of the interruption
   */
  readonly wait: (seconds: number, interruption: AbortSignal) => Promise<URL>
  readonly close: () => void
}

/**
 * Listens on the host and the port of the redirect URI, and nowhere else.
 *
 * @throws {@link Refusal} if that fails
 */
export async function listenFor({ url: redirectUri }: RedirectUri): Promise<RedirectListener> {
  let come: (url: URL) => void = () => undefined
  const redirected = new Promise<URL>((resolve) => (come = resolve))
  let isAnswered = false
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const url = isAnswered ? undefined : toAnswer(request, redirectUri)
    if (!url) {
      response.writeHead(404, pageHeaders).end(strayPage)
      return
    }
    isAnswered = true
    // When the page is sent, or the browser has left.
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

function waitFor(
  redirected: Promise<URL>,
  seconds: number,
  interruption: AbortSignal,
): Promise<URL> {
  const end = async (): Promise<never> => {
    // The listener keeps the process alive, so that the timer does not have to.
    await setTimeout(seconds * 1000, undefined, { signal: interruption, ref: false }).catch(() =>
      interruption.throwIfAborted(),
    )
    throw new Refusal(`nobody came back within ${seconds} second${seconds === 1 ? '' : 's'}`)
  }
  return Promise.race([redirected, end()])
}

/** `localhost` is two addresses. Another program that listens on the second one would get the codes. */
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
    // The machine has no IPv6.
    if (hostname === 'localhost' && ['EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes(code))
      return undefined
    const reason = code === 'EADDRINUSE' ? `port ${port || 80} is in use` : code
    throw new Refusal(`the redirect URI cannot be listened on: ${reason}`)
  }
}

/** The URL of a request if it is an authorization response (RFC 6749, Section 4.1.2). */
function toAnswer({ method, url, headers }: IncomingMessage, redirectUri: URL): URL | undefined {
  const answer = URL.parse(url ?? '', redirectUri.origin)
  // Another site can point its own host name here.
  if (method !== 'GET' || headers.host !== redirectUri.host) return undefined
  if (answer?.origin !== redirectUri.origin || answer.pathname !== redirectUri.pathname)
    return undefined
  return ['code', 'error'].some((name) => answer.searchParams.has(name)) ? answer : undefined
}
