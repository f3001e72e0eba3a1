import { hash } from 'node:crypto'
import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from 'jose'
import type { Context } from 'koa'
import { findProofFault, missingProof, proofWindow, usedProof } from '../validation/dpop-proof.ts'
import { originalUrlOf } from '../validation/url.ts'
import type { UsedProof, UsedProofs } from '../storage.ts'
import { VerificationUnavailableError } from './access-token.ts'
import type { TokenProblem } from './challenges.ts'
import { valuesOf } from './credentials.ts'

/** Finds what is wrong with the proof of a request whose token is bound to a key. */
export type ProofCheck = (
  ctx: Context,
  bound: { readonly token: string; readonly keyThumbprint: string; readonly clientId: string },
) => Promise<Omit<TokenProblem, 'scheme'> | undefined>

/**
 * How long a used proof is remembered, in seconds: the longest time for which one can be good, and a minute for clocks of
 * processes that differ.
 */
const lifetime = 2 * proofWindow + 60

/**
 * Checks proofs.
 *
 * @param origin - where clients reach this API
 * @param algorithms - what proofs may be signed with
 * @param usedProofs - asked last, so that only who has a good token and its key leaves something there
 * @see {@link https://www.rfc-editor.org/rfc/rfc9449.html#section-4.3 RFC 9449, Section 4.3}
 */
export function createProofCheck(
  origin: string,
  algorithms: readonly string[],
  usedProofs: UsedProofs,
): ProofCheck {
  return async (ctx, { token, keyThumbprint, clientId }) => {
    const [proof, ...more] = valuesOf(ctx, 'dpop')
    if (proof === undefined) return wrong(missingProof)
    if (more.length > 0) return wrong('DPoP was sent more than once')
    const verified = await verify(proof, algorithms)
    const fault = findProofFault(
      proof,
      {
        method: ctx.method,
        url: origin + pathOf(originalUrlOf(ctx)),
        algorithms,
        accessToken: token,
      },
      verified.cause,
    )
    if (fault !== undefined) return wrong(fault)
    if (verified.thumbprint !== keyThumbprint) {
      const description = 'the access token is bound to another key than that of the DPoP proof'
      return { error: 'invalid_token', description }
    }
    const id = hash('sha256', `${verified.thumbprint} ${verified.jti}`, 'base64url')
    return (await isFirst(usedProofs, { clientId, id, lifetime })) ? undefined : wrong(usedProof)
  }
}

const wrong = (description: string): { error: 'invalid_dpop_proof'; description: string } => ({
  error: 'invalid_dpop_proof',
  description,
})

async function verify(
  proof: string,
  algorithms: readonly string[],
): Promise<{
  readonly thumbprint?: string
  readonly jti?: string | undefined
  readonly cause?: unknown
}> {
  try {
    const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, {
      typ: 'dpop+jwt',
      algorithms: [...algorithms],
    })
    const thumbprint = await calculateJwkThumbprint(protectedHeader.jwk ?? {})
    return { thumbprint, jti: payload.jti }
  } catch (cause) {
    // Whatever a stranger puts in there is wrong, and nothing of ours.
    return { cause }
  }
}

/** Anything but a path would be read as more of the host. */
const pathOf = (target: string): string => (target.startsWith('/') ? target : '/')

/** @throws {@link VerificationUnavailableError} if it cannot be known: a proof that may have been used never passes */
async function isFirst(usedProofs: UsedProofs, proof: UsedProof): Promise<boolean> {
  let answer: unknown
  try {
    answer = await usedProofs.use(proof)
  } catch (cause) {
    const message = 'the memory of used DPoP proofs cannot be reached'
    throw new VerificationUnavailableError(message, { cause })
  }
  if (typeof answer === 'boolean') return answer
  throw new VerificationUnavailableError('use of usedProofs must resolve to true or false')
}
