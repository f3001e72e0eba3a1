import { routes } from '../../paths.ts'
import { post, toFailure, type Caller } from './client-request.ts'

/**
 * What the token endpoint answers.
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
  /** The thumbprint of the key that the token is bound to, where it is (RFC 9449, Section 6.2). */
  readonly cnf?: { readonly jkt: string }
}

/**
 * Asks for tokens.
 *
 * @throws FlowError with the error code where there are none
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
 * @throws FlowError where the client may not ask
 */
export async function requestIntrospection(caller: Caller, token: string): Promise<Introspection> {
  const answer = await post(caller, routes.introspection, { token })
  const isAnswer = answer.status === 200 && typeof answer.body['active'] === 'boolean'
  if (isAnswer) return answer.body as unknown as Introspection
  throw toFailure(answer, 'no introspection', 'active')
}
