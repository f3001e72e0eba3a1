import type { AuthorizationServer, Introspection as IntrospectionAnswer } from '../../index.ts'
import type { ClientToConnect } from './test-clients.ts'
import type { TestClock } from './test-clock.ts'
import type { TestFetch } from './listening.ts'
import { FlowError } from './flow-error.ts'
import { prove, type ProofKeys } from './client-proof.ts'
import { routes } from '../../paths.ts'

/** The server that clients send their requests to. */
export interface Endpoint {
  readonly issuer: string
  readonly fetch: TestFetch
  readonly clock: TestClock
  readonly server: Pick<AuthorizationServer, 'introspect'>
}

/** A client that sends requests. */
export interface Caller {
  readonly endpoint: Endpoint
  readonly client: ClientToConnect
  /** The key that its tokens are bound to, if they are. */
  readonly dpop?: ProofKeys | undefined
}

/** The answer of an endpoint. */
interface Answer {
  readonly status: number
  /** Empty if it is not a JSON object. */
  readonly body: Readonly<Record<string, unknown>>
}

/** Whether a client has no secret to send. */
export const isPublic = ({ client_secret: secret, ...client }: ClientToConnect): boolean =>
  secret === undefined || client.token_endpoint_auth_method === 'none'

/** Sends a form as the client, with its secret and a proof of its key if it has them. */
async function post(
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

/** A text that is not JSON must not get into an error: it may begin like an answer with tokens. */
function toObject(text: string): Answer['body'] {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Answer['body']) : {}
  } catch {
    return {}
  }
}

/**
 * The error for an answer that lacks a member.
 *
 * @param what - the result that there is not, in words
 */
function toFailure({ status, body }: Answer, what: string, missing: string): FlowError {
  const { error, error_description: description } = body
  const code = typeof error === 'string' ? error : undefined
  const words = typeof description === 'string' ? ` (${description})` : ''
  const reason = status < 300 ? `without ${missing}` : 'without an error'
  return new FlowError(`${what}: ${status} ${code ?? reason}${words}`, code)
}

/** The answer of the token endpoint.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749.html#section-5.1 RFC 6749, Section 5.1}
 */
export interface Tokens {
  readonly access_token: string
  /** Not there for a client that was registered without the grant type `refresh_token`. */
  readonly refresh_token: string
  /** `Bearer`, or `DPoP` for tokens that are bound to a key. */
  readonly token_type: string
  /** Seconds. */
  readonly expires_in: number
  readonly scope: string
}

/**
 * The answer of introspection. If the token is not active, there are no other members.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7662.html#section-2.2 RFC 7662, Section 2.2}
 */
export type Introspection = { readonly active: boolean } & Partial<Omit<ActiveToken, 'active'>>

type ActiveToken = Extract<IntrospectionAnswer, { readonly active: true }>

/**
 * Asks for tokens.
 *
 * @throws FlowError with the error code if there are no tokens
 */
export async function requestTokens(
  caller: Caller,
  fields: Readonly<Record<string, string>>,
): Promise<Tokens> {
  const answer = await post(caller, routes.token, fields)
  const missing = ['access_token', 'token_type'].find((name) => !isText(answer.body[name]))
  if (answer.status === 200 && missing === undefined) return answer.body as unknown as Tokens
  const what = `no tokens for ${fields['grant_type'] ?? 'no grant'}`
  throw toFailure(answer, what, missing ?? 'the status 200')
}

const isText = (value: unknown): boolean => typeof value === 'string' && value !== ''

/**
 * Asks what a token is good for.
 *
 * @throws FlowError if the client may not ask
 */
export async function requestIntrospection(caller: Caller, token: string): Promise<Introspection> {
  const answer = await post(caller, routes.introspection, { token })
  const isAnswer = answer.status === 200 && typeof answer.body['active'] === 'boolean'
  if (isAnswer) return answer.body as unknown as Introspection
  throw toFailure(answer, 'no introspection', 'active')
}

/**
 * Makes the URL that a client sends the browser to. A client that has to push its requests does so.
 *
 * @throws FlowError with the error code if the pushed request is refused
 * @see {@link https://www.rfc-editor.org/rfc/rfc9126.html#section-2 RFC 9126, Section 2}
 */
export async function toAuthorizationUrl(
  caller: Caller,
  parameters: Readonly<Record<string, string>>,
): Promise<URL> {
  const { endpoint, client } = caller
  const request = { client_id: client.client_id, ...parameters }
  const isPushed = client.require_pushed_authorization_requests === true
  const sent = isPushed ? await push(caller, request) : request
  const url = new URL(endpoint.issuer + routes.authorization)
  url.search = new URLSearchParams(sent).toString()
  return url
}

async function push(
  caller: Caller,
  request: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, string>>> {
  const answer = await post(caller, routes.pushed_authorization_request, request)
  const { request_uri: uri } = answer.body
  if (answer.status !== 201 || typeof uri !== 'string') {
    throw toFailure(answer, 'no pushed request', 'request_uri')
  }
  return { client_id: caller.client.client_id, request_uri: uri }
}
