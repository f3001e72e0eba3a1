import type { TokenEndpointResponse } from 'oauth4webapi'
import { Refusal } from '../terminal/refusals.ts'
import { clean } from '../terminal/text.ts'

/**
 * Calls the protocol library, and puts its errors into words.
 *
 * @throws {@link Refusal} if the library or the authorization server refuses
 */
export async function inWords<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    const { code } = error as { readonly code?: unknown }
    if (!(error instanceof Error) || typeof code !== 'string' || !code.startsWith('OAUTH_'))
      throw error
    throw new Refusal(await toWords(code, error))
  }
}

async function toWords(code: string, error: Error): Promise<string> {
  switch (code) {
    case 'OAUTH_AUTHORIZATION_RESPONSE_ERROR':
      return toDenial(error)
    case 'OAUTH_RESPONSE_BODY_ERROR':
      return `the authorization server refuses: ${toText(error)}`
    case 'OAUTH_WWW_AUTHENTICATE_CHALLENGE': {
      const { response } = error as { readonly response?: Response }
      const body: unknown = await response?.json().catch(() => undefined)
      return `the authorization server refuses: ${toText(body ?? {})}`
    }
    case 'OAUTH_RESPONSE_IS_NOT_CONFORM':
      if (error.cause instanceof Response)
        return `the authorization server answered with ${error.cause.status}`
      return toStrange(error)
    case 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED': {
      const { body } = error.cause as { readonly body?: { readonly issuer?: unknown } }
      if (typeof body?.issuer !== 'string') return toStrange(error)
      return `the server there is ${clean(body.issuer)}, and not the issuer that was asked for`
    }
    default:
      return toStrange(error)
  }
}

// Without the cause: it is the answer, and can contain a code.
const toStrange = ({ message }: Error): string =>
  `the answer is invalid, and was not used: ${message}`

interface OAuthError {
  readonly error?: unknown
  readonly error_description?: unknown
  /** This server names the scopes that it refused. */
  readonly scope?: unknown
  /** The whole answer. */
  readonly cause?: unknown
}

const toDenial = (error: OAuthError): string =>
  error.error === 'access_denied'
    ? `access was denied: the person refused, or may not connect this (${toText(error)})`
    : `the authorization server refuses: ${toText(error)}`

function toText({ error = 'without a reason', ...more }: OAuthError): string {
  const { error_description: why, cause } = more
  const sent = cause instanceof URLSearchParams ? Object.fromEntries(cause) : cause
  const { scope } = { ...more, ...(sent as OAuthError | undefined) }
  const text = typeof why === 'string' ? `${String(error)}: ${why}` : String(error)
  return clean(typeof scope === 'string' ? `${text} (scope: ${scope})` : text)
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
