import { createServer, type ServerResponse } from 'node:http'
import { closeServer, listen } from './server.ts'

/** A picture. */
export const png: Buffer = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNg+M/wHwAEAQH/7yMK/gAAAABJRU5ErkJggg==',
  'base64',
)

/** The host of a partner. */
export interface LogoHost {
  readonly origin: string
  /** The paths that it was asked for, in the order in which they came. */
  readonly asked: string[]
  /** How many requests it has not answered. */
  open(): number
  close(): Promise<void>
}

/** Starts a host that answers any path with a picture, `/silent…` never, and `/large…` with one of 250 KiB. */
export async function startLogoHost(
  answers: Readonly<Record<string, (response: ServerResponse) => void>> = {},
): Promise<LogoHost> {
  const asked: string[] = []
  let open = 0
  const http = createServer(({ url = '' }, response) => {
    asked.push(url)
    open += 1
    response.on('close', () => (open -= 1))
    const answer = answers[url]
    if (answer) return answer(response)
    if (url.startsWith('/silent')) return undefined
    const content = url.startsWith('/large') ? Buffer.concat([png, Buffer.alloc(250 * 1024)]) : png
    return response.writeHead(200).end(content)
  })
  const origin = await listen(http)
  return { origin, asked, open: () => open, close: () => closeServer(http) }
}
