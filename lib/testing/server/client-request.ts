import type { AuthorizationServer } from '../../server.ts'
import type { ClientToConnect } from './clients.ts'
import type { TestClock } from './clock.ts'
import type { TestFetch } from './fetch.ts'
import { FlowError } from './flow-error.ts'
import { prove, type ProofKeys } from './proof.ts'

/** Where requests of clients go. */
export interface Endpoint {
  readonly issuer: string
  readonly fetch: TestFetch
  readonly clock: TestClock
  readonly server: Pick<AuthorizationServer, 'introspect'>
}

/** Whose requests they are. */
export interface Caller {
  readonly endpoint: Endpoint
  readonly client: ClientToConnect
  /** The key that its tokens are bound to, where they are. */
  readonly dpop?: ProofKeys | undefined
}

/** What comes back. */
export interface Answer {
  readonly status: number
  /** Without a member where it is no JSON object. */
  readonly body: Readonly<Record<string, unknown>>
}

/** Whether a client has no secret to send. */
export const isPublic = ({ client_secret: secret, ...client }: ClientToConnect): boolean =>
  secret === undefined || client.token_endpoint_auth_method === 'none'

/** Sends a form as the client, with its secret and a proof that it has its key, as far as it has them. */
export async function post(
  { endpoint: { issuer, fetch }, client, dpop }: Caller,
  path: string,
  fields: Readonly<Record<string, string>>,
): Promise<Answer> {
  const { client_id: id, client_secret: secret = '' } = client
  const body = new URLSearchParams(fields)
  const headers = new Headers({ accept: 'application/json' })
  if (isPublic(client)) {
    body.set('client_id', id)
  } else {
    const pair = [id, secret].map((part) => encodeURIComponent(part)).join(':')
    headers.set('authorization', `Basic ${Buffer.from(pair).toString('base64')}`)
  }
  if (dpop) headers.set('dpop', await prove(dpop, issuer + path))
  const response = await fetch(issuer + path, { method: 'POST', body, headers })
  const isJson = response.headers.get('content-type')?.includes('json') === true
  const text = await response.text()
  return { status: response.status, body: isJson ? toObject(text) : {} }
}

/** A text that is no JSON must not be in an error: it may begin like an answer with tokens. */
function toObject(text: string): Answer['body'] {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Answer['body']) : {}
  } catch {
    return {}
  }
}

/**
 * The error for an answer that does not have what was asked for.
 *
 * @param what - what there is not, in words
 * @param missing - the member that would have been needed
 */
export function toFailure({ status, body }: Answer, what: string, missing: string): FlowError {
  const { error, error_description: description } = body
  const code = typeof error === 'string' ? error : undefined
  const words = typeof description === 'string' ? ` (${description})` : ''
  const reason = status < 300 ? `without ${missing}` : 'without an error'
  return new FlowError(`${what}: ${status} ${code ?? reason}${words}`, code)
}
