import { errors, type KoaContextWithOIDC } from 'oidc-provider'
import type Provider from 'oidc-provider'
import { findProofFault, missingProof, usedProof } from '../validation/dpop-proof.ts'
import { proofAlgorithmsOf } from './internals.ts'

/**
 * Every detail under which the framework refuses a grant, if a client may be told it. An unknown token and a token of another
 * client get the same answer, so that nobody learns whether a token of somebody else is good.
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
  ['failed jkt verification', 'bound to another key than that of the DPoP proof'],
  [
    'DPoP proof key thumbprint does not match dpop_jkt',
    'bound to another key than that of the DPoP proof',
  ],
])

/** The framework's reasons about a proof under `invalid_grant`, or at the PAR endpoint under `invalid_request`. */
const proofReasons: ReadonlyMap<string | undefined, string> = new Map([
  ['DPoP proof JWT not provided', missingProof],
  ['missing DPoP proof JWT', missingProof],
  ['DPoP proof JWT Replay detected', usedProof],
])

/** Under which the framework refuses a grant type that this server has, and the client is not registered for. */
const notRegistered = 'requested grant type is not allowed for this client'

/**
 * Puts the reason into `error_description` of `invalid_grant` and `invalid_dpop_proof`: with the framework's one sentence
 * for many of them, partners have to guess. Calls `unauthorized_client` what is, and `invalid_dpop_proof` what is about the
 * proof: after `invalid_grant`, clients throw away a refresh token that is good.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749.html#section-5.2 RFC 6749, Section 5.2}
 * @see {@link https://www.rfc-editor.org/rfc/rfc9449.html#section-5 RFC 9449, Section 5}
 */
export function explainGrantErrors(provider: Provider): void {
  const explainProof = (ctx: KoaContextWithOIDC, error: Error): boolean => {
    const fault = findFault(provider, ctx, error)
    if (fault !== undefined) ctx.body = { error: 'invalid_dpop_proof', error_description: fault }
    return fault !== undefined
  }
  provider.on('pushed_authorization_request.error', explainProof)
  provider.on('grant.error', (ctx, error) => {
    if (explainProof(ctx, error)) return
    const body = ctx.body as Record<string, unknown> | undefined
    if (body?.['error'] === 'invalid_grant' && error instanceof errors.InvalidGrant) {
      const reason = reasons.get(error.error_detail ?? '')
      ctx.body = { ...body, error_description: reason ?? 'unknown, revoked, or of another client' }
    } else if (body?.['error_description'] === notRegistered) {
      ctx.body = { ...body, error: 'unauthorized_client' }
    }
  })
}

/** Names the fault of the proof, if that is why the request is refused. */
function findFault(provider: Provider, ctx: KoaContextWithOIDC, error: Error): string | undefined {
  const proof = ctx.get('DPoP')
  if (error instanceof errors.InvalidDpopProof) {
    const request = {
      method: ctx.method,
      url: ctx.oidc.urlFor(ctx.oidc.route),
      algorithms: proofAlgorithmsOf(provider),
    }
    return findProofFault(proof, request, error.cause) ?? error.error_description
  }
  if (!(error instanceof errors.OIDCProviderError)) return undefined
  const { error_detail: detail, error_description: description } = error
  if (detail === 'failed jkt verification' && proof === '') return missingProof
  return proofReasons.get(detail) ?? proofReasons.get(description)
}
