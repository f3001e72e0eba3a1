import { createPrivateKey } from 'node:crypto'
import { z } from 'zod'
import { knownProofAlgorithms, type ProofAlgorithm } from '../dpop/proof.ts'

/** What this server signs with, by kind of key (RFC 7518, Section 3.1; RFC 8037; RFC 9864). */
const algorithms = {
  EC: /^ES256$/,
  OKP: /^(EdDSA|Ed25519)$/,
  RSA: /^[RP]S256$/,
} as const

const curves: Readonly<Record<string, string | undefined>> = { EC: 'P-256', OKP: 'Ed25519' }

/** RFC 7518, Section 3.3 */
const shortestModulus = 2048

const key = z
  .looseObject(
    {
      kty: z.enum(['EC', 'RSA', 'OKP'], { error: 'must be EC, RSA or OKP' }),
      d: z.string({ error: 'is required: signing needs the private key' }),
      use: z.literal('sig', { error: 'must be "sig"' }).optional(),
      alg: z.string({ error: 'must be a string' }).optional(),
      kid: z.string({ error: 'must be a string' }).optional(),
    },
    { error: 'must be a private key (JWK)' },
  )
  .superRefine(({ kty, alg, ...members }, context) => {
    const params = { code: 'invalid_key' }
    if (members['crv'] !== curves[kty]) {
      const message = `must be ${curves[kty]}`
      context.addIssue({ code: 'custom', path: ['crv'], message, params })
    }
    if (alg !== undefined && !algorithms[kty].test(alg)) {
      const message = 'must be an algorithm that this kind of key signs with'
      context.addIssue({ code: 'custom', path: ['alg'], message, params })
    }
    try {
      const made = createPrivateKey({ key: { kty, ...members }, format: 'jwk' })
      if ((made.asymmetricKeyDetails?.modulusLength ?? shortestModulus) < shortestModulus) {
        const message = `must have ${shortestModulus} bits or more`
        context.addIssue({ code: 'custom', message, params })
      }
    } catch {
      context.addIssue({ code: 'custom', message: 'is no private key', params })
    }
  })

/** Keys that the framework will take: what it refuses itself, it throws with the private key in it. */
export const signingKeysSchema: z.ZodType = z.union([
  z.object(
    {
      keys: z
        .array(key, { error: 'must be an array of private keys (JWK)' })
        .min(1, 'must hold at least one key'),
    },
    { error: 'must be a JWK set of private keys, "stored" or "ephemeral"' },
  ),
  z.enum(['stored', 'ephemeral']),
])

/** Signature algorithms of DPoP proofs. */
export const proofAlgorithmsSchema: z.ZodType<readonly ProofAlgorithm[]> = z
  .array(
    z.enum(knownProofAlgorithms, {
      error: `must be one of ${knownProofAlgorithms.join(', ')}`,
    }),
    { error: 'must be an array of signature algorithms' },
  )
  .min(1, { error: 'must have at least one algorithm' })
