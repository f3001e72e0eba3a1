import { randomUUID, webcrypto } from 'node:crypto'
import {
  SignJWT,
  type GenerateKeyPairResult,
  type JWTHeaderParameters,
  type JWTPayload,
} from 'jose'
import { generateKeyPair } from 'oauth4webapi'

/** The key that a client binds its tokens to. */
export type ProofKeys = webcrypto.CryptoKeyPair

export const createProofKeys = (): Promise<ProofKeys> =>
  generateKeyPair('ES256', { extractable: true })

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A proof made by hand, to be sent twice or with a mistake (RFC 9449, Section 4.2). */
export async function prove(
  { publicKey, privateKey }: ProofKeys,
  htu: string,
  claims: Record<string, unknown> = {},
): Promise<Record<string, string>> {
  const { kty, crv, x, y } = await webcrypto.subtle.exportKey('jwk', publicKey)
  const header = { typ: 'dpop+jwt', alg: 'ES256', jwk: { kty, crv, x, y } }
  const iat = Math.floor(Date.now() / 1000)
  const signed = `${encode(header)}.${encode({ jti: randomUUID(), htm: 'POST', htu, iat, ...claims })}`
  const algorithm = { name: 'ECDSA', hash: 'SHA-256' }
  const signature = await webcrypto.subtle.sign(algorithm, privateKey, Buffer.from(signed))
  return { DPoP: `${signed}.${Buffer.from(signature).toString('base64url')}` }
}

/** A proof with any header and any algorithm, of now and with an id of its own. */
export const proveWith = (
  key: webcrypto.CryptoKey | GenerateKeyPairResult['privateKey'],
  header: JWTHeaderParameters,
  claims: JWTPayload,
): Promise<string> =>
  new SignJWT({ jti: randomUUID(), ...claims })
    .setProtectedHeader({ typ: 'dpop+jwt', ...header })
    .setIssuedAt()
    .sign(key)
