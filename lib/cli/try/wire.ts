import { Refusal } from '../terminal/refusal.ts'
import { clean, toList } from '../terminal/text.ts'
import { mask } from './mask.ts'

/** Says something on the way. */
export type Say = (text: string) => void

/** How long one answer is waited for, in milliseconds. */
const answerTimeout = 10_000

/** What the protocol library sends requests with. */
export type Send = (url: string, request: OutgoingRequest) => Promise<Response>

interface OutgoingRequest {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: URLSearchParams | null | undefined
}

/**
 * Sends requests, and says what is sent where, with what is secret masked.
 *
 * @param interruption - ends a request that is on its way
 */
export const createSend =
  (say: Say, interruption?: AbortSignal): Send =>
  async (url, { method, headers, body }) => {
    const rows = [...toShownHeaders(headers), ...(body ? toShownParameters(body) : [])]
    // Only the authorization endpoint is asked with a query, and that is shown as a whole.
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

/** Those that are no secret. All else is masked, what is not known here among it. */
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
