import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { PageFields } from './fixture.ts'

/** What a server under load tells the process that measures it. */
export type ServerMessage =
  | { readonly kind: 'ready'; readonly origin: string; readonly fields: PageFields }
  | { readonly kind: 'cpu'; readonly microseconds: number }

/**
 * Serves on a free loopback port, says where, and answers every message with the processor time that
 * this process has used so far: all of its threads, so that garbage collection counts.
 */
export function serve(
  fields: PageFields,
  createListener: (origin: string) => RequestListener,
): void {
  const http = createServer()
  // A connection rests while the other server has its round: it must not be closed meanwhile.
  http.keepAliveTimeout = 0
  http.listen(0, '127.0.0.1', () => {
    const origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
    http.on('request', createListener(origin))
    tell({ kind: 'ready', origin, fields })
  })
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    tell({ kind: 'cpu', microseconds: user + system })
  })
  // An ordinary end, not a signal: only then is a profile written.
  process.on('disconnect', () => process.exit())
}

const tell = (message: ServerMessage): void => {
  process.send?.(message)
}
