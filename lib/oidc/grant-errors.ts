import { errors, type KoaContextWithOIDC } from 'oidc-provider'
import type Provider from 'oidc-provider'
import { findProofFault, missingProof, usedProof } from '../validation/dpop-proof.ts'
import { proofAlgorithmsOf } from './internals.ts'

/** The framework's reasons about a proof under `invalid_grant`, or at the PAR endpoint under `invalid_request`. */
const proofReasons: ReadonlyMap<string | undefined, string> = new Map([
  ['DPoP proof JWT not provided', missingProof],
  ['DPoP proof JWT Replay detected', usedProof],
])

/** Under which the framework refuses a grant type that this server has, and the client is not registered for. */
const notRegistered = 'requested grant type is not allowed for this client'

/**
 * Renders two errors of the framework as clients understand them: `invalid_dpop_proof` if a request is refused because of its
 * proof, and `unauthorized_client` if the client is not registered for the grant type. Codes and refresh tokens are refused by
 * this server itself, which needs no mending.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749.html#section-5.2 RFC 6749, Section 5.2}
 * @see {@link https://www.rfc-editor.org/rfc/rfc9449.html#section-5 RFC 9449, Section 5}
 */
export function explainGrantErrors(provider: Provider): void {
  const explain = (ctx: KoaContextWithOIDC, error: Error): void => {
    const fault = explainProof(ctx, error)
    if (fault !== undefined) ctx.body = { error: 'invalid_dpop_proof', error_description: fault }
  }
  provider.on('pushed_authorization_request.error', explain)
  provider.on('grant.error', explain)
  provider.on('grant.error', (ctx, { error_description: description }) => {
    if (description !== notRegistered) return
    ctx.body = { error: 'unauthorized_client', error_description: description }
  })
}

/** Says what is wrong with the proof of a request, if that is why the framework refuses the request. */
export function explainProof(ctx: KoaContextWithOIDC, error: unknown): string | undefined {
  if (error instanceof errors.InvalidDpopProof) {
    const request = {
      method: ctx.method,
      url: ctx.oidc.urlFor(ctx.oidc.route),
      algorithms: proofAlgorithmsOf(ctx.oidc.provider),
    }
    return findProofFault(ctx.get('DPoP'), request, error.cause) ?? error.error_description
  }
  if (!(error instanceof errors.OIDCProviderError)) return undefined
  return proofReasons.get(error.error_detail) ?? proofReasons.get(error.error_description)
}
