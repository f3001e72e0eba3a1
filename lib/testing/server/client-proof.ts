import { randomUUID } from 'node:crypto'
import { exportJWK, generateKeyPair, SignJWT, type GenerateKeyPairResult } from 'jose'

/** The key that the tokens of a client are bound to. It can be exported. */
export type ProofKeys = Readonly<GenerateKeyPairResult>

const algorithm = 'ES256'

/** Makes a key to bind tokens to. */
export const createProofKeys = (): Promise<ProofKeys> =>
  generateKeyPair(algorithm, { extractable: true })

/**
 * Makes a proof for a POST to this URL: the sender has the key.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9449.html#section-4.2 RFC 9449, Section 4.2}
 */
export async function prove(keys: ProofKeys, url: string): Promise<string> {
  const jwk = await exportJWK(keys.publicKey)
  return new SignJWT({ htm: 'POST', htu: url })
    .setProtectedHeader({ typ: 'dpop+jwt', alg: algorithm, jwk })
    .setJti(randomUUID())
    .setIssuedAt()
    .sign(keys.privateKey)
}
