import { errors, type KoaContextWithOIDC } from 'oidc-provider'
import type Provider from 'oidc-provider'
import { findProofFault, missingProof, usedProof } from '../validation/dpop-proof.ts'
import { proofAlgorithmsOf } from './internals.ts'

/** Faults of a proof that the framework reports as `invalid_grant`, or as `invalid_request` at the PAR endpoint. */
const proofReasons: ReadonlyMap<string | undefined, string> = new Map([
  ['DPoP proof JWT not provided', missingProof],
  ['DPoP proof JWT Replay detected', usedProof],
])

/** The framework's description if the client is not registered for a grant type that this server has. */
const notRegistered = 'requested grant type is not allowed for this client'

/**
 * Gives two errors of the framework their codes of the specification: `invalid_dpop_proof` if the proof is wrong, and
 * `unauthorized_client` if the client is not registered for the grant type.
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

/** Describes the fault of the proof; undefined if the framework refused the request for another reason. */
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
