import { createRemoteJWKSet, customFetch, errors, jwtVerify, type JWTVerifyGetKey } from 'jose'
import {
  VerificationUnavailableError,
  type TokenVerifier,
  toVerifiedToken,
} from './access-token.ts'
import { createClockWatch, createAudienceTeller } from './watches.ts'
import { checkIssuer, checkNumber, checkOptions, checkText, toUrl } from './checked-options.ts'

/** The options of {@link jwt}. */
export interface JwtOptions {
  /** The issuer of the tokens, as the authorization server spells it. */
  readonly issuer: string
  /** The `aud` of tokens for this API. */
  readonly audience: string
  /**
   * The URL of the keys of the authorization server: `https`, except for loopback hosts.
   *
   * @defaultValue `/oauth/jwks` below the issuer
   */
  readonly jwksUri?: string
  /**
   * How long its keys are used before they are fetched again, in seconds.
   *
   * @defaultValue 600 (10 minutes)
   */
  readonly maxAge?: number
  /**
   * How long to wait for its keys, in seconds.
   *
   * @defaultValue 2
   */
  readonly timeout?: number
}

/** The least time between two fetches for tokens whose key is not known, in milliseconds. */
const cooldownDuration = 1000

/** Algorithms with public keys only. */
const algorithms = 'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519'.split(' ')

/**
 * Verifies JWT access tokens with the keys of the authorization server, and does not ask about each token. A token is good
 * until it ends, even if it was revoked meanwhile.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9068.html#section-4 RFC 9068, Section 4}
 * @throws TypeError if an option is wrong
 */
export function jwt(options: JwtOptions): TokenVerifier {
  checkOptions('jwt', options, {
    issuer: checkIssuer,
    audience: checkText,
    // `toUrl` checks it together with its default.
    jwksUri: () => undefined,
    maxAge: checkNumber(1, 86_400),
    timeout: checkNumber(0.001, 60),
  })
  const { issuer, audience, maxAge = 600, timeout = 2 } = options
  const jwksUri = toUrl('jwt: jwksUri', options.jwksUri ?? `${issuer}/oauth/jwks`)
  const getKey = createGetKey(jwksUri, maxAge, timeout)
  const rules = {
    issuer,
    audience,
    typ: 'at+jwt',
    algorithms,
    requiredClaims: ['exp', 'client_id'],
  }
  const tellAudience = createAudienceTeller('jwt', audience)
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, getKey, rules)
      return toVerifiedToken(payload)
    } catch (error) {
      if (isOfAudience(error)) tellAudience(textsOf(error.payload.aud))
      // A token is not good if it is not a JWT, has an unknown signature or wrong claims. After any other error, nothing is known of it.
      if (error instanceof errors.JOSEError || error instanceof TypeError) return undefined
      throw error
    }
  }
}

/** Whether the first mistake of a token is its audience, and it has not ended: `jose` checks that later. */
const isOfAudience = (error: unknown): error is errors.JWTClaimValidationFailed =>
  error instanceof errors.JWTClaimValidationFailed &&
  error.claim === 'aud' &&
  Number(error.payload.exp) * 1000 > Date.now()

const textsOf = (aud: unknown): readonly string[] =>
  (Array.isArray(aud) ? aud : [aud]).filter((one) => typeof one === 'string')

function createGetKey(jwksUri: URL, maxAge: number, timeout: number): JWTVerifyGetKey {
  const keys = createRemoteJWKSet(jwksUri, {
    [customFetch]: createClockWatch('jwt'),
    cooldownDuration,
    cacheMaxAge: maxAge * 1000,
    timeoutDuration: Math.ceil(timeout * 1000),
  })
  const failures = new WeakMap<Error, VerificationUnavailableError>()
  // One error for all requests that waited for the same keys, so that the application hears of it once.
  const toFailure = (cause: Error): VerificationUnavailableError => {
    const message = 'the keys of the authorization server are not there'
    const failure = failures.get(cause) ?? new VerificationUnavailableError(message, { cause })
    failures.set(cause, failure)
    return failure
  }
  return async (header, token) => {
    try {
      return await keys(header, token)
    } catch (cause) {
      if (isOfToken(cause)) throw cause
      throw toFailure(cause as Error)
    }
  }
}

/** Whether the keys were read, but the key of the token is not among them, or several may be meant. */
const isOfToken = (error: unknown): boolean =>
  error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys
