import type { ClientMetadata } from '../../clients/metadata.ts'
import { routes } from '../../provider/routes.ts'
import type { TestFetch } from './fetch.ts'
import { FlowError } from './flow-error.ts'

/**
 * What the token endpoint answers.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749.html#section-5.1 RFC 6749, Section 5.1}
 */
export interface Tokens {
  readonly access_token: string
  /** Not there for a client that was registered without the grant type `refresh_token`. */
  readonly refresh_token: string
  readonly token_type: string
  /** Seconds. */
  readonly expires_in: number
  readonly scope: string
}

/**
 * What introspection answers.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7662.html#section-2.2 RFC 7662, Section 2.2}
 */
export interface Introspection {
  readonly active: boolean
  readonly sub?: string
  readonly 'urn:pleo:params:oauth:subject_urn'?: string
  readonly client_id?: string
  readonly scope?: string
  readonly token_type?: string
  readonly aud?: string
  readonly iss?: string
  /** Seconds since the epoch. */
  readonly exp?: number
  /** Seconds since the epoch. */
  readonly iat?: number
  readonly jti?: string
}

/** Where requests of clients go. */
export interface Endpoint {
  readonly issuer: string
  readonly fetch: TestFetch
}

/**
 * Asks for tokens.
 *
 * @throws FlowError with the error code where there are none
 */
export async function requestTokens(
  endpoint: Endpoint,
  client: ClientMetadata,
  fields: Readonly<Record<string, string>>,
): Promise<Tokens> {
  const { status, body } = await post(endpoint, routes.token, { client, fields })
  if (status === 200) return body as unknown as Tokens
  const { error, error_description: description } = body
  const code = typeof error === 'string' ? error : undefined
  const words = typeof description === 'string' ? ` (${description})` : ''
  const grant = fields['grant_type'] ?? 'no grant'
  throw new FlowError(
    `no tokens for ${grant}: ${status} ${code ?? 'without an error'}${words}`,
    code,
  )
}

/**
 * Asks what a token is good for.
 *
 * @throws FlowError where the client may not ask
 */
export async function requestIntrospection(
  endpoint: Endpoint,
  client: ClientMetadata,
  token: string,
): Promise<Introspection> {
  const { status, body } = await post(endpoint, routes.introspection, { client, fields: { token } })
  if (status === 200) return body as unknown as Introspection
  const code = typeof body['error'] === 'string' ? body['error'] : undefined
  throw new FlowError(`no introspection: ${status} ${code ?? 'without an error'}`, code)
}

interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

interface Post {
  readonly client: ClientMetadata
  readonly fields: Readonly<Record<string, string>>
}

async function post(
  { issuer, fetch }: Endpoint,
  path: string,
  { client, fields }: Post,
): Promise<Answer> {
  const { client_id: id, client_secret: secret } = client
  const body = new URLSearchParams(fields)
  const headers = new Headers({ accept: 'application/json' })
  if (secret === undefined || client.token_endpoint_auth_method === 'none') {
    body.set('client_id', id)
  } else {
    const pair = [id, secret].map((part) => encodeURIComponent(part)).join(':')
    headers.set('authorization', `Basic ${Buffer.from(pair).toString('base64')}`)
  }
  const response = await fetch(issuer + path, { method: 'POST', body, headers })
  const isJson = response.headers.get('content-type')?.includes('json') === true
  const text = await response.text()
  return { status: response.status, body: isJson ? (JSON.parse(text) as Answer['body']) : {} }
}
