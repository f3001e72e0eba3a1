import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Redis } from 'ioredis'

/** The messages of a server process. The second answers any message. */
export type ServerMessage = { readonly origin: string } | ProcessUsage

export interface ProcessUsage {
  /** Processor time since the start in microseconds, over all threads, so that garbage collection counts. */
  readonly cpu: number
  /** Resident memory in bytes. */
  readonly rss: number
  /** Commands sent to Redis since the start. The call of a script is one. */
  readonly commands: number
}

let commands = 0

/** The Redis of this server. */
export const redisUrl: string = process.env['REDIS_URL'] ?? ''

/** Counts the commands of a client. Redis itself counts those inside of scripts too. */
export function countCommands(redis: Redis): Redis {
  const send = redis.sendCommand.bind(redis)
  redis.sendCommand = (...args) => {
    commands += 1
    return send(...args)
  }
  return redis
}

/** Serves on a free loopback port, sends its origin to the parent process, and then its usage whenever it is asked. */
export function serve(
  createHandler: (
    origin: string,
  ) => (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): void {
  const http = createServer()
  // A connection rests during the rounds of the other servers.
  http.keepAliveTimeout = 0
  http.headersTimeout = 0
  http.requestTimeout = 0
  http.listen(0, '127.0.0.1', () => {
    const origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
    const handle = createHandler(origin)
    http.on('request', (request, response) => void handle(request, response))
    tell({ origin })
  })
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    tell({ cpu: user + system, rss: process.memoryUsage.rss(), commands })
  })
  // A signal would leave no profile.
  process.on('disconnect', () => process.exit())
}

const tell = (message: ServerMessage): void => {
  process.send?.(message)
}
