import type { TokenEndpointResponse } from 'oauth4webapi'
import { Refusal } from '../terminal/refusals.ts'
import { clean, toList } from '../terminal/text.ts'

/** The time to wait for an answer, in milliseconds. */
const answerTimeout = 10_000

/** Sends the requests of the protocol library. */
export type Send = (url: string, request: OutgoingRequest) => Promise<Response>

interface OutgoingRequest {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: URLSearchParams | null | undefined
}

/**
 * Creates a function that sends requests and describes them, with secrets masked.
 *
 * @param interruption - aborts a request
 */
export const createSend =
  (say: (text: string) => void, interruption?: AbortSignal): Send =>
  async (url, { method, headers, body }) => {
    const rows = [...toShownHeaders(headers), ...(body ? toShownParameters(body) : [])]
    // Only the request for the browser has a query, and its URL is shown as a whole later.
    say(`  ${method} ${url.replace(/\?.*/, '')}`)
    if (rows.length > 0) say(toList(rows.map(([name, value]) => [`  ${name}`, value])))
    const timeout = AbortSignal.timeout(answerTimeout)
    try {
      const response = await fetch(url, {
        method,
        headers,
        ...(body && { body }),
        redirect: 'manual',
        signal: AbortSignal.any(interruption ? [interruption, timeout] : [timeout]),
      })
      say(`  ${response.status} ${clean(response.statusText)}`)
      // Errors have one. The operator of the server can explain it.
      const requestId = response.headers.get('x-request-id')
      if (requestId !== null) say(`  X-Request-Id: ${clean(requestId)}`)
      return response
    } catch (error) {
      interruption?.throwIfAborted()
      throw new Refusal(`${new URL(url).origin} cannot be reached: ${reasonOf(error)}`)
    }
  }

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'no answer'
  if (error.name === 'TimeoutError') return `no answer within ${answerTimeout / 1000} seconds`
  const cause = error.cause as NodeJS.ErrnoException | undefined
  return cause?.code ?? cause?.message ?? error.message
}

type Row = readonly [name: string, value: string]

/** Parameters that are not secret. All others are masked, unknown ones too. */
const plain = new Set([
  'client_id',
  'code_challenge',
  'code_challenge_method',
  'dpop_jkt',
  'grant_type',
  'redirect_uri',
  'response_type',
  'scope',
  'state',
  'token_type_hint',
  'urn:pleo:params:oauth:subject',
])

const toShownParameters = (parameters: URLSearchParams): readonly Row[] =>
  [...parameters].map(([name, value]) => [name, plain.has(name) ? value : mask(value)])

const shownHeaders: readonly Row[] = [
  ['Authorization', 'Basic, with the client id and secret'],
  ['DPoP', 'a proof that the client has its key'],
]

const toShownHeaders = (headers: Readonly<Record<string, string>>): readonly Row[] =>
  shownHeaders.filter(([name]) => name.toLowerCase() in headers)

/** Shows only the beginning of a code or token, and its length. */
export function mask(value: string): string {
  const beginning = value.length < 20 ? '' : value.slice(0, 4)
  return `${beginning}… (${value.length} characters)`
}

/**
 * Reads tokens with the protocol library, and keeps `token_type` as the server sent it. The library changes it to lower case,
 * because it is compared without regard to case (RFC 6749, Section 7.1).
 */
export async function asSent(
  response: Response,
  read: (response: Response) => Promise<TokenEndpointResponse>,
): Promise<TokenEndpointResponse> {
  const copy = response.clone()
  const tokens = await read(response)
  const { token_type } = (await copy.json()) as TokenEndpointResponse
  return { ...tokens, token_type }
}
