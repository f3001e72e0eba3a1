import { createServer, request, type OutgoingHttpHeaders } from 'node:http'
import { closeServer, listen } from './server.ts'

/** A gateway in front of a server. */
export interface Gateway {
  readonly origin: string
  /** Says where the server listens. */
  sendTo(inner: string): void
  close(): Promise<void>
}

/**
 * Starts a gateway that sends every request on in absolute form, with an authority that is not the server's: it shows where that
 * counts. Without an authority it sends the path alone.
 *
 * @param headers - those that it sets on every answer, in place of the server's
 */
export async function startGateway(
  authority = '',
  headers: OutgoingHttpHeaders = {},
): Promise<Gateway> {
  let inner = new URL('http://127.0.0.1')
  const http = createServer((incoming, outgoing) => {
    const { hostname, port } = inner
    const { method, headers: asked } = incoming
    const path = authority + incoming.url
    const onward = request({ hostname, port, method, headers: asked, path }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, { ...answer.headers, ...headers })
      answer.pipe(outgoing)
    })
    onward.on('error', () => outgoing.destroy())
    incoming.pipe(onward)
  })
  const origin = await listen(http)
  return {
    origin,
    sendTo: (url) => void (inner = new URL(url)),
    close: () => closeServer(http),
  }
}
