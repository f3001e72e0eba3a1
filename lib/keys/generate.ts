import { generateKeyPairSync, randomUUID } from 'node:crypto'
import type { Configuration, JWK, JWKS } from 'oidc-provider'

type SigningAlgorithm = NonNullable<
  NonNullable<Configuration['clientDefaults']>['id_token_signed_response_alg']
>

/** A private key with its `kid` and its algorithm. */
export type SigningKey = JWK & { readonly kid: string; readonly alg: string }

/** Makes an ES256 key: it is smaller and signs faster than a key for RS256. */
export function generateSigningKey(): SigningKey {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const key = privateKey.export({ format: 'jwk' }) as JWK
  return { ...key, use: 'sig', alg: 'ES256', kid: randomUUID() }
}

/** A set of one new key. */
export const generateSigningKeys = (): JWKS => ({ keys: [generateSigningKey()] })

/** The algorithm that the first key signs with; the framework's own default, RS256, needs an RSA key. */
export function toSigningAlgorithm(keys: JWKS): SigningAlgorithm {
  const key = keys.keys[0]
  if (key?.alg) return key.alg as SigningAlgorithm
  if (key?.kty === 'OKP') return 'EdDSA'
  if (key?.kty !== 'EC') return 'RS256'
  return key.crv === 'P-521' ? 'ES512' : key.crv === 'P-384' ? 'ES384' : 'ES256'
}
