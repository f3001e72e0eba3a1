import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import { startExample, type RunningExample } from './example.ts'
import { freePorts } from './free-ports.ts'
import { closeServer, listen } from './server.ts'

/** What happens to a request: its answer comes, is lost, comes with tokens that are about to end, or is another one. */
type Fate = 'answered' | 'lost' | 'short-lived' | 'unavailable'

/** A token request that came by, with what was answered. */
export interface SeenRequest {
  readonly authorization: string
  readonly parameters: URLSearchParams
  readonly answer: Readonly<Record<string, string>>
}

/** The example with a gate before its authorization server, which all requests of its partner application pass. */
export interface GatedExample extends RunningExample {
  /** The token requests until now. */
  readonly seen: SeenRequest[]
  /** Decides the fates of the requests for tokens and about tokens that come next, one each. */
  readonly decide: (...fates: readonly Fate[]) => void
}

/** Starts the example, with the gate as its issuer. */
export async function startGatedExample(): Promise<GatedExample> {
  const [port] = await freePorts()
  const seen: SeenRequest[] = []
  const fates: Fate[] = []
  const gate = createServer((incoming, outgoing) => {
    const isToken = incoming.url === '/oauth/token'
    const isDecided = incoming.url?.startsWith('/oauth/token')
    const fate = (isDecided && fates.shift()) || 'answered'
    if (fate === 'unavailable') {
      incoming.resume()
      outgoing.writeHead(503, { 'content-type': 'application/json', 'retry-after': '1' })
      outgoing.end('{"error":"temporarily_unavailable"}')
      return
    }
    const { method, headers, url: path } = incoming
    const chunks: Buffer[] = []
    const onward = request({ port, method, headers, path }, (answer) => {
      if (isToken) void answerToken(answer, outgoing, fate, toSeen(incoming, chunks))
      else answer.pipe(outgoing.writeHead(answer.statusCode ?? 502, answer.headers))
    })
    onward.on('error', () => outgoing.destroy())
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.pipe(onward)
  })

  const toSeen =
    (incoming: IncomingMessage, chunks: readonly Buffer[]) =>
    (answer: SeenRequest['answer']): void =>
      void seen.push({
        authorization: incoming.headers.authorization ?? '',
        parameters: new URLSearchParams(Buffer.concat(chunks).toString()),
        answer,
      })

  const issuer = (await listen(gate)).replace('127.0.0.1', 'localhost')
  const example = await startExample({ ISSUER: issuer, PORT: String(port) })
  return {
    ...example,
    seen,
    decide: (...next) => void fates.splice(0, Infinity, ...next),
    async close() {
      await example.close()
      await closeServer(gate)
    },
  }
}

async function answerToken(
  answer: IncomingMessage,
  outgoing: ServerResponse,
  fate: Fate,
  note: (answer: SeenRequest['answer']) => void,
): Promise<void> {
  const body = JSON.parse(Buffer.concat(await answer.toArray()).toString()) as SeenRequest['answer']
  note(body)
  if (fate === 'lost') {
    outgoing.destroy()
    return
  }
  const { 'content-length': _length, ...headers } = answer.headers
  outgoing.writeHead(answer.statusCode ?? 502, headers)
  outgoing.end(JSON.stringify(fate === 'short-lived' ? { ...body, expires_in: 5 } : body))
}
