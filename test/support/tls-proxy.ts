import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import type { Certificate } from './certificates.ts'

/** How a proxy treats requests and answers. */
export interface ProxyRules {
  /** @defaultValue passes it on as it is */
  readonly path?: (path: string) => string
  /** @defaultValue adds the address of the client to `X-Forwarded-For` */
  readonly request?: (headers: Headers, client: string) => void
  /** @defaultValue passes it on as it is */
  readonly answer?: (answer: Response, path: string) => Response | Promise<Response>
}

const addAddress: NonNullable<ProxyRules['request']> = (headers, client) =>
  headers.append('X-Forwarded-For', client)

// They belong to one connection, or `fetch` sets them.
const ofConnection = ['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'host']

/** Makes a handler that passes requests on to another server. */
export const createForwarding =
  (
    target: () => string,
    { path = (same) => same, request = addAddress, answer = (same) => same }: ProxyRules,
  ) =>
  async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const { method = 'GET', url = '/', socket } = incoming
    const headers = new Headers()
    for (const [name, value] of Object.entries(incoming.headers))
      if (!ofConnection.includes(name)) headers.set(name, String(value))
    request(headers, socket.remoteAddress ?? '')
    const body = ['GET', 'HEAD'].includes(method) ? null : await buffer(incoming)
    const asked = await fetch(target() + path(url), { method, headers, body, redirect: 'manual' })
    const given = await answer(asked, url)
    for (const [name, value] of given.headers)
      if (![...ofConnection, 'content-encoding'].includes(name)) outgoing.setHeader(name, value)
    outgoing.writeHead(given.status).end(Buffer.from(await given.arrayBuffer()))
  }

/** A server that ends TLS before another one. */
export interface TlsProxy {
  readonly port: number
  close(): Promise<void>
}

/** Starts a server with TLS on a free port of this machine. */
export async function startTls(
  certificate: Certificate,
  handle: (request: IncomingMessage, response: ServerResponse) => unknown,
): Promise<TlsProxy> {
  const https = createServer(certificate, (request, response) => void handle(request, response))
  await new Promise<void>((resolve) => https.listen(0, '127.0.0.1', resolve))
  return {
    port: (https.address() as AddressInfo).port,
    async close() {
      https.closeAllConnections()
      await new Promise((resolve) => https.close(resolve))
    },
  }
}
