import { connect as open } from 'node:net'

/** One connection that is kept. It takes one request at a time. */
export interface Connection {
  readonly origin: string
  /** Sends a request. A form makes it a POST. */
  send(
    path: string,
    headers: Readonly<Record<string, string>>,
    form?: Readonly<Record<string, string>>,
  ): Promise<Answer>
  close(): void
}

export interface Answer {
  readonly status: number
  readonly location: string | undefined
  readonly cookies: readonly string[]
  readonly text: string
}

/**
 * Opens a connection. The load shares two processors with the server and Redis, and `http.request` takes half as long as a thin
 * server does. This client takes a quarter of that, because it understands only what these servers send.
 */
export function connect(origin: string): Connection {
  const { host, hostname, port } = new URL(origin)
  const socket = open({ host: hostname, port: Number(port), noDelay: true })
  let waiting: PromiseWithResolvers<Answer> | undefined
  let received = ''
  socket.setEncoding('latin1')
  socket.on('data', (chunk: string) => {
    received += chunk
    try {
      const answer = parseAnswer(received)
      if (!answer) return
      received = ''
      waiting?.resolve(answer)
    } catch (error) {
      waiting?.reject(error)
    }
  })
  socket.on('error', (error) => waiting?.reject(error))
  socket.on('close', () => waiting?.reject(new Error(`${origin} closed the connection`)))
  return {
    origin,
    send(path, headers, form) {
      const body = form && new URLSearchParams(form).toString()
      const lines = Object.entries({
        host,
        ...headers,
        ...(body !== undefined && {
          'content-type': 'application/x-www-form-urlencoded',
          'content-length': String(body.length),
        }),
      }).map(([name, value]) => `${name}: ${value}\r\n`)
      waiting = Promise.withResolvers()
      const start = `${body === undefined ? 'GET' : 'POST'} ${path} HTTP/1.1\r\n`
      socket.write(`${start}${lines.join('')}\r\n${body ?? ''}`)
      return waiting.promise
    },
    close: () => socket.destroy(),
  }
}

/** The answer, if all of it was received. */
function parseAnswer(received: string): Answer | undefined {
  const end = received.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const head = received.slice(0, end)
  const length = Number(/\ncontent-length: (\d+)/i.exec(head)?.[1])
  if (Number.isNaN(length)) throw new Error(`an answer without content-length: ${head}`)
  if (received.length < end + 4 + length) return undefined
  return {
    status: Number(head.slice(9, 12)),
    location: /\nlocation: (.*)/i.exec(head)?.[1]?.trimEnd(),
    cookies: [...head.matchAll(/\nset-cookie: (.*)/gi)].map(([, cookie = '']) => cookie.trimEnd()),
    text: received.slice(end + 4),
  }
}

/** An answer that must not count as a quick one. */
export const unexpected = (path: string, { status, text }: Answer): Error =>
  new Error(`unexpected answer ${status} from ${path}: ${text.slice(0, 300)}`)
