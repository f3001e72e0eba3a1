import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A port of this machine that answers when it has something to answer with. */
export interface Listening {
  /** The URL at which it listens. */
  readonly url: string
  readonly isClosed: () => boolean
  answerWith(listener: RequestListener): void
  /** Ends it, with everything that is under way. Once more does nothing. */
  close(): Promise<void>
}

/**
 * Listens on a free port, of the loopback interface only. It keeps no process alive: a caller that waits has its own connection.
 */
export async function listen(): Promise<Listening> {
  const http = createServer().unref()
  http.on('connection', (socket) => void socket.unref())
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject)
    http.listen(0, '127.0.0.1', resolve)
  })
  const { port } = http.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    isClosed: () => !http.listening,
    answerWith: (listener) => void http.on('request', listener),
    close: () =>
      new Promise((resolve) => {
        http.close(() => resolve())
        http.closeAllConnections()
      }),
  }
}

/** `fetch` that also accepts arguments that a strict compiler refuses, as published clients give them. */
export type TestFetch = (
  input: string | URL | Request,
  init?: {
    readonly [Member in keyof RequestInit]?: Member extends 'body'
      ? unknown
      : RequestInit[Member] | undefined
  },
) => Promise<Response>

// As it was when this was loaded: a test may put something else in its place.
const direct = globalThis.fetch

/**
 * Sends requests for the issuer to the port of the server, and all others to their own hosts.
 *
 * @throws Error if the server is closed
 */
export function createFetch(issuer: string, { url, isClosed }: Listening): TestFetch {
  const own: readonly string[] = [new URL(issuer).origin, url]
  return async (input, given) => {
    const init = given as RequestInit | undefined
    const target = new URL(input instanceof Request ? input.url : input)
    if (!own.includes(target.origin)) return direct(input, init)
    if (isClosed()) throw toClosed()
    const there = new URL(target.pathname + target.search, url)
    try {
      return await direct(input instanceof Request ? new Request(there, input) : there, init)
    } catch (error) {
      throw isClosed() ? toClosed({ cause: error }) : error
    }
  }
}

const toClosed = (options?: ErrorOptions): Error => new Error('the test server is closed', options)
