import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { bakery, idOf } from './people.ts'
import { brokenOnPurpose } from './json-answers.ts'
import { pause } from './requests.ts'
import { audience, closeServer, listen } from './server.ts'

/** An HTTP server before an introspection endpoint, that counts what it is asked and can answer otherwise. */
export interface IntrospectionProxy {
  readonly endpoint: string
  /** How many requests there were. */
  requests(): number
  /** How many connections there were. */
  connections(): number
  /** The body and the credentials of the last request. */
  last(): { readonly body: string; readonly authorization: string | undefined }
  /** Answers every request from now on; undefined: asks the endpoint again. */
  answer(how: ((response: ServerResponse) => void) | undefined): void
  /** Keeps each answer back for so long, in milliseconds, after the endpoint gave it. */
  delay(milliseconds: number): void
  close(): Promise<void>
}

export async function startIntrospectionProxy(target: string): Promise<IntrospectionProxy> {
  let count = 0
  let connections = 0
  let last: { readonly body: string; readonly authorization: string | undefined } = {
    body: '',
    authorization: undefined,
  }
  let answer: ((response: ServerResponse) => void) | undefined
  let delay = 0
  const forward = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    count += 1
    const body = await text(request)
    const { authorization = '', 'content-type': type = '' } = request.headers
    last = { body, authorization }
    if (answer) return answer(response)
    const headers = { authorization, 'content-type': type }
    const own = await fetch(target, { method: 'POST', body, headers })
    const content = await own.text()
    if (delay > 0) await pause(delay)
    response.writeHead(own.status, { 'content-type': 'application/json' }).end(content)
  }
  const http = createServer((request, response) => {
    void forward(request, response).catch(() => response.destroy())
  })
  http.on('connection', () => (connections += 1))
  const origin = await listen(http)
  return {
    endpoint: `${origin}/oauth/token/introspect`,
    requests: () => count,
    connections: () => connections,
    last: () => last,
    answer: (how) => void (answer = how),
    delay: (milliseconds) => void (delay = milliseconds),
    close: () => closeServer(http),
  }
}

/** An answer with that body. A text is sent as it is, also if it is not JSON. */
export const json =
  (body: unknown, status = 200) =>
  (response: ServerResponse): void => {
    const content = typeof body === 'string' ? body : JSON.stringify(body)
    if (content === body) response.setHeader(brokenOnPurpose, '1')
    response.writeHead(status, { 'content-type': 'application/json' }).end(content)
  }

/** What an endpoint says of a token that is good. */
export const good: Readonly<Record<string, unknown>> = {
  active: true,
  sub: idOf(bakery),
  'urn:pleo:params:oauth:subject_urn': bakery,
  client_id: 'ledger',
  scope: 'companies:read',
  token_type: 'Bearer',
  aud: audience,
  // Files share their process for minutes, and this module with it.
  exp: Math.floor(Date.now() / 1000) + 3600,
}
