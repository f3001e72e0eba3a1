import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A port of this machine that answers when it has something to answer with. */
export interface Listening {
  /** Where it listens. */
  readonly url: string
  readonly isClosed: () => boolean
  answerWith(listener: RequestListener): void
  /** Ends it, with everything that is under way. Once more does nothing. */
  close(): Promise<void>
}

/**
 * Listens on a free port, of the loopback interface only. It keeps no process alive: whoever waits for an answer has a
 * connection of its own that does.
 */
export async function listen(): Promise<Listening> {
  const http = createServer().unref()
  http.on('connection', (socket) => void socket.unref())
  let isClosed = false
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject)
    http.listen(0, '127.0.0.1', resolve)
  })
  const { port } = http.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    isClosed: () => isClosed,
    answerWith: (listener) => void http.on('request', listener),
    close: () =>
      new Promise((resolve) => {
        isClosed = true
        http.close(() => resolve())
        http.closeAllConnections()
      }),
  }
}
