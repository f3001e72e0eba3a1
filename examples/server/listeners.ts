import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { StartError } from './start-error.ts'

/** What Koa's `callback()` gives. */
type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>

/** A port that is held, and answers once it is told how. */
export interface Listener {
  /** The address for people and programs on this machine. */
  readonly origin: string
  readonly serve: (handler: Handler) => void
  /** Stops listening, and cuts what takes longer than that many milliseconds. */
  readonly close: (timeout: number, end?: EndServer) => Promise<void>
}

type EndServer = (server: Server, timeout: number) => Promise<void>

/** Where to listen. */
export interface ListenOptions {
  readonly port: number
  /** An address of this machine. */
  readonly host: string
  /** How long a connection may be idle, in seconds. */
  readonly keepAlive: number
}

/**
 * Takes a port. The port is known before anything is served from it, because issuer and redirect URI contain it.
 *
 * @param variable - the variable to name where the port cannot be had
 */
export async function takePort(variable: string, options: ListenOptions): Promise<Listener> {
  const server = createServer(toTimeouts(options))
  const endSilent = watchSilent(server)
  let serve: Listener['serve'] = () => {}
  const served = new Promise<Handler>((resolve) => {
    serve = resolve
  })
  // A request that comes before it can be answered waits, and is refused if the start fails: nobody else would end it.
  server.on('request', (request, response) => {
    void served.then((handle) => handle(request, response))
  })
  await listen(server, options).catch((error: NodeJS.ErrnoException) => {
    throw new StartError(toMessage(variable, options, error), { cause: error })
  })
  return {
    origin: `http://localhost:${(server.address() as AddressInfo).port}`,
    serve,
    async close(timeout, end = close) {
      const timer = setTimeout(endSilent, silentTimeout)
      await end(server, timeout)
      clearTimeout(timer)
    },
  }
}

/** Node wants more time for headers than a connection may be idle, and for a request no less than for its headers. */
function toTimeouts({ keepAlive }: ListenOptions): ServerOptions {
  const keepAliveTimeout = keepAlive * 1000
  // Node closes up to a second later than it says (keepAliveTimeoutBuffer).
  const headersTimeout = Math.max(60_000, keepAliveTimeout + 5000)
  return { keepAliveTimeout, headersTimeout, requestTimeout: Math.max(300_000, headersTimeout) }
}

function toMessage(
  variable: string,
  { port, host }: ListenOptions,
  { code, message }: NodeJS.ErrnoException,
): string {
  if (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT') {
    return `HOST ${host} is no address of this machine: set HOST to another one`
  }
  const reason = code === 'EADDRINUSE' ? 'is taken' : `cannot be used (${code ?? message})`
  return `port ${port} ${reason}: set ${variable} to another one, or to 0 for a free one`
}

function listen(server: Server, { port, host }: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function close(server: Server, timeout: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), timeout)
    server.close(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}

/** How long a new connection may take to send something while its server closes, in milliseconds. */
const silentTimeout = 500

/** Browsers open connections in advance. Node does not count these as idle, so a server would wait for them to its end. */
function watchSilent(server: Server): () => void {
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  return () => {
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy()
  }
}
