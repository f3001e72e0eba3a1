import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { PortVariable } from './settings.ts'
import { StartError } from './start-error.ts'

/** What Koa's `callback()` gives. */
type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>

/** A port that is held, and answers once it is told how. */
export interface Listener {
  /** The address for people and programs on this machine. */
  readonly origin: string
  readonly serve: (handler: Handler) => void
  readonly close: () => Promise<void>
}

/**
 * Takes a port of this machine's loopback interface. The port is known before anything is served
 * from it, because issuer and redirect URI contain it.
 *
 * @param variable - the variable to name where the port cannot be had
 */
export async function takePort(variable: PortVariable, port: number): Promise<Listener> {
  const server = createServer()
  await listen(server, port).catch((error: NodeJS.ErrnoException) => {
    const reason =
      error.code === 'EADDRINUSE' ? 'is taken' : `cannot be used (${error.code ?? error.message})`
    const message = `port ${port} ${reason}: set ${variable} to another one, or to 0 for a free one`
    throw new StartError(message, { cause: error })
  })
  return {
    origin: `http://localhost:${(server.address() as AddressInfo).port}`,
    serve: (handler) => {
      server.on('request', (request, response) => void handler(request, response))
    },
    close: () => close(server),
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
