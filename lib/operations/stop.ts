import { Server as HttpServer, type ServerResponse } from 'node:http'
import type { Http2SecureServer, Http2Server, Http2ServerResponse } from 'node:http2'
import { Server as HttpsServer } from 'node:https'
import { Server as NetServer, type Socket } from 'node:net'
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises'

/** The server on which a host listens. */
export type HostServer = HttpServer | HttpsServer | Http2Server | Http2SecureServer

/**
 * Asks the client to send no further request on the connection of an answer.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9112.html#section-9.6 RFC 9112, Section 9.6}, {@link https://www.rfc-editor.org/rfc/rfc9113.html#section-6.8 RFC 9113, Section 6.8}
 */
export function makeLast(response: ServerResponse | Http2ServerResponse): void {
  if ('stream' in response) response.stream.session?.close()
  else if (!response.headersSent) response.setHeader('Connection', 'close')
}

/** How often idle connections are closed, in milliseconds. A client that is busy sends its next request before that. */
const idleInterval = 500

/** A server that stops. */
export interface Stopping {
  /** Resolves when its last connection has ended. */
  readonly ended: Promise<void>
  /** Leaves the server as it is then. */
  readonly leave: () => void
}

/** Stops a server. Each answer to a request that begins now, also of the host, is the last one of its connection. */
export function stop(server: HostServer, patience: number): Stopping {
  const endAnswer = (_: unknown, response: ServerResponse): void => makeLast(response)
  server.prependListener('request', endAnswer)
  const closeIdle = (): void => {
    if ('closeIdleConnections' in server) server.closeIdleConnections()
  }
  // After what has arrived is read: a connection with a request that is not read yet counts as idle.
  const timer = setInterval(() => setImmediate(closeIdle), idleInterval)
  return {
    ended: stopListening(server, Math.min(patience, longestHold)),
    leave() {
      clearInterval(timer)
      server.off('request', endAnswer)
    },
  }
}

/** How long new connections wait at most, in milliseconds, and for how long none may come before the server stops listening. */
const longestHold = 500
const quietTime = 10

/**
 * Resolves when all connections have ended.
 *
 * The system accepts connections ahead of the process, and resets those that the process has not taken when it stops listening. So
 * it stops in a quiet moment. Under load, the moment comes because new connections wait: their clients send nothing else.
 */
async function stopListening(server: HostServer, patience: number): Promise<void> {
  const waiting: Socket[] = []
  const hold = (socket: Socket): void => {
    waiting.push(socket)
    // Without a listener, a client that leaves now would end the process.
    socket.on('error', ignore)
  }
  const listeners = server.rawListeners('connection') as ((socket: Socket) => void)[]
  for (const listener of listeners) server.off('connection', listener)
  server.on('connection', hold)
  const end = performance.now() + patience - quietTime
  let before = -1
  while (before < waiting.length && performance.now() < end) {
    before = waiting.length
    await pause(quietTime)
    await nextTurn()
  }
  const ended = new Promise<void>((resolve) => {
    const done = (): void => resolve()
    // Their own `close` closes idle connections at once, also one whose next request is already on its way.
    if (server instanceof HttpServer || server instanceof HttpsServer)
      NetServer.prototype.close.call(server, done)
    else server.close(done)
  })
  server.off('connection', hold)
  for (const listener of listeners) server.on('connection', listener)
  for (const socket of waiting) {
    socket.off('error', ignore)
    if (!socket.destroyed) server.emit('connection', socket)
  }
  return ended
}

const ignore = (): void => {}
