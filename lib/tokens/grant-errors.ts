import type Provider from 'oidc-provider'
import { errors } from 'oidc-provider'

/**
 * What a client may be told about a refused grant. What is unknown and what is another client's are
 * one and the same, so that nobody learns whether a token of somebody else is good.
 */
const reasons: ReadonlyMap<string, string> = new Map([
  ['code_verifier must be provided', 'code_verifier is missing'],
  ['code_verifier does not match code_challenge', 'code_verifier does not match code_challenge'],
  ['authorization code redirect_uri mismatch', 'redirect_uri is not the one of the request'],
  ['authorization code is expired', 'the authorization code has expired'],
  ['authorization code already consumed', 'the authorization code was already used'],
  ['refresh token is expired', 'the refresh token has expired'],
  ['refresh token already used', 'the refresh token was already used'],
  ['refresh token replaced', 'this refresh token was replaced: use the newest one'],
  ['already used', 'it was already used'],
  ['grant is expired', 'the grant has expired'],
])

/** Under which the framework refuses a grant type that this server has, and the client is not registered for. */
const notRegistered = 'requested grant type is not allowed for this client'

/**
 * Puts the reason into `error_description` of `invalid_grant`: with the framework's one sentence for
 * all of them, partners have to guess. And calls `unauthorized_client` what is.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749.html#section-5.2 RFC 6749, Section 5.2}
 */
export function explainGrantErrors(provider: Provider): void {
  provider.on('grant.error', (ctx, error) => {
    const body = ctx.body as Record<string, unknown> | undefined
    if (body?.['error'] === 'invalid_grant' && error instanceof errors.InvalidGrant) {
      const reason = reasons.get(error.error_detail ?? '')
      ctx.body = { ...body, error_description: reason ?? 'unknown, revoked, or of another client' }
    } else if (body?.['error_description'] === notRegistered) {
      ctx.body = { ...body, error: 'unauthorized_client' }
    }
  })
}
