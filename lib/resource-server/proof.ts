import { hash } from 'node:crypto'
import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from 'jose'
import type { Context } from 'koa'
import { findProofFault, missingProof, proofWindow, usedProof } from '../dpop/proof.ts'
import { originalUrlOf } from '../http/url.ts'
import type { TokenProblem } from './challenges.ts'
import { valuesOf } from './credentials.ts'

/** Finds what is wrong with the proof of a request whose token is bound to a key. */
export type ProofCheck = (
  ctx: Context,
  bound: { readonly token: string; readonly keyThumbprint: string },
) => Promise<Omit<TokenProblem, 'scheme'> | undefined>

/** How many proofs are remembered. Each comes with a good token of its own, so few do. */
const maxProofs = 500_000

/**
 * Checks proofs.
 *
 * @param origin - where clients reach this API
 * @param algorithms - what proofs may be signed with
 * @see {@link https://www.rfc-editor.org/rfc/rfc9449.html#section-4.3 RFC 9449, Section 4.3}
 */
export function createProofCheck(origin: string, algorithms: readonly string[]): ProofCheck {
  const isFirst = createReplayMemory()
  return async (ctx, { token, keyThumbprint }) => {
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
    return isFirst(`${verified.thumbprint} ${verified.jti}`) ? undefined : wrong(usedProof)
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

/** Answers whether something is seen for the first time, for as long as a proof can be from now. */
function createReplayMemory(): (id: string) => boolean {
  const seen = new Map<string, number>()
  return (id) => {
    const now = performance.now()
    for (const [key, until] of seen) {
      if (until > now && seen.size < maxProofs) break
      seen.delete(key)
    }
    const key = hash('sha256', id, 'base64url')
    if (seen.has(key)) return false
    seen.set(key, now + (2 * proofWindow + 1) * 1000)
    return true
  }
}
