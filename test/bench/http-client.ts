import { Agent, request } from 'node:http'
import { client } from './fixture.ts'

/** How many requests are under way at any time. */
export const concurrency = 16

export interface Answer {
  readonly status: number
  readonly location: string | undefined
  readonly cookies: readonly string[]
  readonly text: string
}

const agent = new Agent({ keepAlive: true, maxSockets: concurrency })

/** One request over a connection that is kept. A form makes it a POST. */
export function send(
  url: string,
  headers: Readonly<Record<string, string>>,
  form?: Readonly<Record<string, string>>,
): Promise<Answer> {
  const body = form && new URLSearchParams(form).toString()
  const own =
    body === undefined
      ? {}
      : {
          'content-type': 'application/x-www-form-urlencoded',
          'content-length': Buffer.byteLength(body),
        }
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      { agent, method: body === undefined ? 'GET' : 'POST', headers: { ...headers, ...own } },
      (incoming) => {
        let text = ''
        incoming.setEncoding('utf8')
        incoming.on('data', (chunk: string) => (text += chunk))
        incoming.on('error', reject)
        incoming.on('end', () =>
          resolve({
            status: incoming.statusCode ?? 0,
            location: incoming.headers.location,
            cookies: incoming.headers['set-cookie'] ?? [],
            text,
          }),
        )
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

const credentials = Buffer.from(`${client.client_id}:${client.client_secret}`).toString('base64')

/** A form post of the client, authenticated with `client_secret_basic`. */
export async function sendAsClient(
  url: string,
  form: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, unknown>>> {
  const answer = await send(url, { authorization: `Basic ${credentials}` }, form)
  if (answer.status !== 200) throw unexpected(url, answer)
  return JSON.parse(answer.text) as Record<string, unknown>
}

/** An answer that the scenario cannot go on with. A wrong answer must not count as a quick one. */
export const unexpected = (url: string, { status, text }: Answer): Error =>
  new Error(`unexpected answer ${status} from ${url}: ${text.slice(0, 300)}`)
