import { Refusal } from '../terminal/refusals.ts'
import { clean } from '../terminal/text.ts'

/** Puts an error of the protocol library into words. Returns any other error as it is. */
export async function inWords(error: unknown): Promise<unknown> {
  const { code } = Object(error) as { readonly code?: unknown }
  return error instanceof Error && typeof code === 'string' && code.startsWith('OAUTH_')
    ? new Refusal(await toWords(code, error))
    : error
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
