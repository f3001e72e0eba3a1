import { hash } from 'node:crypto'
import { decodeJwt, decodeProtectedHeader, type JWTPayload } from 'jose'
import { toNormalUri } from './url.ts'

/** Every algorithm that a proof can be signed with. */
export const knownProofAlgorithms = [
  'ES256',
  'ES384',
  'ES512',
  'Ed25519',
  'EdDSA',
  'PS256',
  'PS384',
  'PS512',
  'RS256',
  'RS384',
  'RS512',
] as const

/** A signature algorithm of DPoP proofs. */
export type ProofAlgorithm = (typeof knownProofAlgorithms)[number]

/** The algorithms that server and API accept if they are not told otherwise. */
export const defaultProofAlgorithms: readonly ProofAlgorithm[] = ['ES256', 'Ed25519', 'EdDSA']

/**
 * How old a proof may be, and how far the clock of a client may be ahead, in seconds. The framework has this figure built
 * in, so that server and API agree.
 */
export const proofWindow = 300

/** The reasons if the request has no proof, or one that was used before. */
export const missingProof = 'a DPoP proof is missing'
export const usedProof = 'the DPoP proof was used before'

/** The request that a proof has to be for. */
export interface ProvenRequest {
  readonly method: string
  readonly url: string
  readonly algorithms: readonly string[]
  /** The access token that the request comes with. A request at the token endpoint has no access token. */
  readonly accessToken?: string
}

/**
 * Says why a proof is refused; `undefined` if nothing is wrong with it.
 *
 * @param cause - what the verification of its signature threw, if it did
 * @see {@link https://www.rfc-editor.org/rfc/rfc9449.html#section-4.3 RFC 9449, Section 4.3}
 */
export function findProofFault(
  proof: string,
  request: ProvenRequest,
  cause?: unknown,
): string | undefined {
  return cause === undefined
    ? findClaimFault(decodeJwt(proof), request)
    : toSignatureFault(proof, request.algorithms, cause)
}

function findClaimFault(
  { jti, iat, htm, htu, ath }: JWTPayload,
  { method, url, accessToken }: ProvenRequest,
): string | undefined {
  if (typeof jti !== 'string' || jti === '') return 'the DPoP proof has no jti'
  if (htm !== method) return 'the DPoP proof is for another method'
  if (typeof htu !== 'string' || toComparable(htu) !== toComparable(url)) {
    return 'the DPoP proof is for another URL'
  }
  if (accessToken !== undefined && ath !== hash('sha256', accessToken, 'base64url')) {
    return 'the DPoP proof is for another access token'
  }
  return typeof iat === 'number' ? findTimeFault(iat) : 'the DPoP proof has no iat'
}

function findTimeFault(iat: number): string | undefined {
  const age = Math.floor(Date.now() / 1000) - iat
  if (Math.abs(age) <= proofWindow) return undefined
  const seconds = Math.round(Math.abs(age))
  const relation = age > 0 ? 'behind' : 'ahead of'
  return `the iat of the DPoP proof is ${seconds} seconds ${relation} the clock of the server, at most ${proofWindow} are accepted`
}

/** Query and fragment do not count, nor does the spelling. */
function toComparable(text: string): string | undefined {
  const url = URL.parse(text)
  return url ? toNormalUri(url.origin + url.pathname) : undefined
}

const claimFaults: ReadonlyMap<unknown, string> = new Map([
  ['typ', 'the typ of the DPoP proof is not dpop+jwt'],
  ['iat', 'the DPoP proof has no iat'],
  ['exp', 'the DPoP proof has expired (exp)'],
  ['nbf', 'the DPoP proof is not valid yet (nbf)'],
])

function toSignatureFault(proof: string, algorithms: readonly string[], cause: unknown): string {
  // Node joins the values of a header that was sent twice.
  if (proof.includes(',')) return 'DPoP was sent more than once'
  const { code, claim, reason } = Object(cause) as Readonly<Record<string, unknown>>
  const claimFault = claimFaults.get(claim)
  if (claimFault !== undefined) {
    return reason === 'invalid'
      ? `the ${String(claim)} of the DPoP proof is not a number`
      : claimFault
  }
  if (code === 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED') {
    return 'the signature of the DPoP proof does not match the key in its header (jwk)'
  }
  const header = headerOf(proof)
  if (!header) return 'the DPoP proof is not a signed JWT'
  if (code === 'ERR_JOSE_ALG_NOT_ALLOWED') {
    return `the DPoP proof is signed with ${toShown(header.alg)}, accepted are ${algorithms.join(', ')}`
  }
  return typeof header.alg === 'string' && Object(header.jwk) !== header.jwk
    ? 'the header of the DPoP proof has no public key (jwk)'
    : 'the DPoP proof is not a JWT that is signed with the public key in its header (jwk)'
}

function headerOf(proof: string): ReturnType<typeof decodeProtectedHeader> | undefined {
  try {
    return decodeProtectedHeader(proof)
  } catch {
    return undefined
  }
}

/** Whether a proof has an empty nonce. The framework takes it for none, and answers with an empty header field. */
export function hasEmptyNonce(proof: string): boolean {
  try {
    return decodeJwt(proof)['nonce'] === ''
  } catch {
    return false
  }
}

/** The sender writes the name, so only a plausible one is repeated. */
const toShown = (algorithm: unknown): string =>
  typeof algorithm === 'string' && /^[\w-]{1,20}$/.test(algorithm)
    ? algorithm
    : 'an unknown algorithm'
