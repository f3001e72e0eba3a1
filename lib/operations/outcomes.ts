import type { EventEmitter } from 'node:events'
import type { Context } from 'koa'
import type { ErrorPageEvent } from '../http/error-page.ts'
import { createRequestValue } from '../http/request-context.ts'

/**
 * How a request can end: with an error code of the protocol, or `ok`, `not_found` if nothing here answered, `refused` if a page
 * refused a form, as after a wrong password, `other` with another error code.
 */
export const outcomes: readonly string[] = (
  'ok access_denied consent_required insufficient_scope interaction_required invalid_client invalid_client_metadata ' +
  'invalid_dpop_proof invalid_grant invalid_redirect_uri invalid_request invalid_request_uri invalid_scope invalid_target ' +
  'invalid_token login_required server_error temporarily_unavailable unauthorized_client unsupported_grant_type ' +
  'unsupported_response_type use_dpop_nonce not_found refused other'
).split(' ')

/** The grant types that are counted by name. */
export const tokenGrantTypes: readonly string[] = [
  'authorization_code',
  'refresh_token',
  'client_credentials',
  'other',
]

const errors = createRequestValue<string>('error code')

interface Failure {
  readonly expose?: unknown
  readonly error?: unknown
}

/** Remembers the error codes of requests whose answer is a page or a redirect: there is no code in it to read. */
export function noteErrors(provider: EventEmitter): void {
  const note = (ctx: object, { expose, error }: Failure): void => {
    errors.set(ctx, expose === true ? String(error) : 'server_error')
  }
  provider.on('authorization.error', note)
  provider.on('server_error', note)
  provider.on('error_page', ({ error }: ErrorPageEvent, ctx: object) => errors.set(ctx, error))
}

/** How a request ended: one of {@link outcomes}. */
export function toOutcome(ctx: Context): string {
  const { status, body } = ctx
  const { error = errors.get(ctx) } = (status >= 400 && Object(body)) as Failure
  if (typeof error === 'string') return outcomes.includes(error) ? error : 'other'
  if (status < 400) return 'ok'
  if (status >= 500) return 'server_error'
  return body === undefined ? 'not_found' : 'refused'
}

/** The grant type that a request at the token endpoint asked for: one of {@link tokenGrantTypes}. */
export function toGrantType(ctx: Context): string {
  const { oidc } = ctx as { readonly oidc?: { readonly body?: { readonly grant_type?: unknown } } }
  const name: unknown = ctx.state['grantType'] ?? oidc?.body?.grant_type
  return typeof name === 'string' && tokenGrantTypes.includes(name) ? name : 'other'
}
