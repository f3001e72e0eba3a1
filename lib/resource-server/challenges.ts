import { ResourceServerError, toChallenge, type Scheme } from './refusal.ts'

/** Signatures of proofs that are taken: those that the authorization server takes. */
export const proofAlgorithms: readonly string[] = ['ES256', 'Ed25519', 'EdDSA']

/** What is wrong with a token or its proof. */
export interface TokenProblem {
  readonly scheme: Scheme
  readonly error: 'invalid_token' | 'invalid_dpop_proof'
  readonly description: string
}

/** Makes the answer to a request without a good token. */
export type Unauthorized = (problem?: TokenProblem) => ResourceServerError

/**
 * Names every scheme that is taken, and what is wrong at the one that was used. A request without a token is told no error
 * there.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6750.html#section-3 RFC 6750, Section 3}
 * @see {@link https://www.rfc-editor.org/rfc/rfc9449.html#section-7.1 RFC 9449, Section 7.1}
 */
export function createUnauthorized(
  schemes: readonly Scheme[],
  resourceMetadata: string | undefined,
): Unauthorized {
  const algs = proofAlgorithms.join(' ')
  return (problem) => {
    const challenges = schemes.map((scheme) =>
      toChallenge(scheme, {
        ...(problem?.scheme === scheme && {
          error: problem.error,
          error_description: problem.description,
        }),
        ...(scheme === 'DPoP' && { algs }),
        resource_metadata: resourceMetadata,
      }),
    )
    return new ResourceServerError(
      401,
      problem?.error ?? 'missing_token',
      problem?.description ?? 'an access token is needed, in the Authorization header',
      { 'WWW-Authenticate': challenges.join(', ') },
    )
  }
}
