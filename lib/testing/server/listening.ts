import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A port of this machine that answers when it has something to answer with. */
export interface Listening {
  /** Where it listens. */
  readonly url: string
  answerWith(listener: RequestListener): void
  /** Ends it, with everything that is under way. Once more does nothing. */
  close(): Promise<void>
}

/** Listens on a free port, of the loopback interface only. */
export async function listen(): Promise<Listening> {
  const http = createServer()
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject)
    http.listen(0, '127.0.0.1', resolve)
  })
  const { port } = http.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    answerWith: (listener) => void http.on('request', listener),
    close: () =>
      new Promise((resolve) => {
        http.close(() => resolve())
        http.closeAllConnections()
      }),
  }
}
