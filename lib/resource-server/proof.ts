import { hash } from 'node:crypto'
import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify, type JWTPayload } from 'jose'
import type { Context } from 'koa'
import { originalUrlOf, toNormalUri } from '../http/url.ts'
import { proofAlgorithms, type TokenProblem } from './challenges.ts'
import { valuesOf } from './credentials.ts'

/** Finds what is wrong with the proof of a request whose token is bound to a key. */
export type ProofCheck = (
  ctx: Context,
  bound: { readonly token: string; readonly keyThumbprint: string },
) => Promise<Omit<TokenProblem, 'scheme'> | undefined>

/** How far the clock of a client may be from ours, and how old a proof may be, in seconds. */
const window = 60

/** How many proofs are remembered. Each comes with a good token of its own, so few do. */
const maxProofs = 100_000

/**
 * Checks proofs.
 *
 * @param origin - where clients reach this API
 * @see {@link https://www.rfc-editor.org/rfc/rfc9449.html#section-4.3 RFC 9449, Section 4.3}
 */
export function createProofCheck(origin: string): ProofCheck {
  const isFirst = createReplayMemory()
  return async (ctx, { token, keyThumbprint }) => {
    const [proof, ...more] = valuesOf(ctx, 'dpop')
    if (proof === undefined) return wrong('a DPoP proof is missing')
    if (more.length > 0) return wrong('DPoP was sent more than once')
    const verified = await verify(proof)
    if (!verified) return wrong('the DPoP proof is no proof, or its signature is wrong')
    const { thumbprint, claims } = verified
    const mistake = findMistake(claims, {
      htm: ctx.method,
      htu: toComparable(origin + toPath(originalUrlOf(ctx))),
      ath: hash('sha256', token, 'base64url'),
    })
    if (mistake !== undefined) return wrong(mistake)
    if (thumbprint !== keyThumbprint) {
      const description = 'the access token is bound to another key than that of the DPoP proof'
      return { error: 'invalid_token', description }
    }
    return isFirst(`${thumbprint} ${claims.jti}`)
      ? undefined
      : wrong('the DPoP proof was used before')
  }
}

const wrong = (description: string): { error: 'invalid_dpop_proof'; description: string } => ({
  error: 'invalid_dpop_proof',
  description,
})

async function verify(
  proof: string,
): Promise<{ readonly thumbprint: string; readonly claims: JWTPayload } | undefined> {
  try {
    const algorithms = [...proofAlgorithms]
    const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, {
      typ: 'dpop+jwt',
      algorithms,
    })
    return { thumbprint: await calculateJwkThumbprint(protectedHeader.jwk ?? {}), claims: payload }
  } catch {
    // Whatever a stranger puts in there is wrong, and nothing of ours.
    return undefined
  }
}

function findMistake(
  claims: JWTPayload,
  expected: { readonly htm: string; readonly htu: string | undefined; readonly ath: string },
): string | undefined {
  const { jti, iat = 0, htm, htu, ath } = claims
  if (typeof jti !== 'string' || jti === '') return 'the DPoP proof has no jti'
  if (htm !== expected.htm) return 'the DPoP proof is for another method'
  if (typeof htu !== 'string' || toComparable(htu) !== expected.htu) {
    return 'the DPoP proof is for another URL'
  }
  if (ath !== expected.ath) return 'the DPoP proof is for another access token'
  const isNow = Math.abs(Date.now() / 1000 - iat) <= window
  return isNow ? undefined : 'the DPoP proof is not from now'
}

/** Query and fragment do not count, nor does the spelling (RFC 9449, Section 4.3). */
function toComparable(text: string): string | undefined {
  const url = URL.parse(text)
  return url ? toNormalUri(url.origin + url.pathname) : undefined
}

/** Anything but a path would be read as more of the host. */
const toPath = (target: string): string => (target.startsWith('/') ? target : '/')

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
    seen.set(key, now + (2 * window + 1) * 1000)
    return true
  }
}
