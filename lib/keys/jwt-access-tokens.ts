import { createLocalJWKSet, jwtVerify, type JSONWebKeySet, type LocalJWKSet } from 'jose'
import { parseSubject } from '../pleo/subject.ts'

/** The claim with the URN of the company or organization that a token is for. */
export const subjectClaim = 'urn:pleo:params:oauth:subject_urn'

/** The claim with the id of the grant of a token. The id of a grant is no credential. */
const grantClaim = 'urn:pleo:params:oauth:grant'

/**
 * Returns the claims that name the company or organization in place of the person, or undefined if the grant has no subject:
 * an API that verifies such a token by itself would take it for a token of the person.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9068.html#section-2.2 RFC 9068, Section 2.2}
 */
export function toSubjectClaims(
  grant: { readonly jti: string; readonly subject?: string } | undefined,
): Readonly<Record<string, string>> | undefined {
  const subject = parseSubject(grant?.subject ?? '')
  return grant && subject
    ? { sub: subject.id, [subjectClaim]: subject.urn, [grantClaim]: grant.jti }
    : undefined
}

/** The claims of a verified JWT by which its grant and its stored access token are found. */
export interface JwtAccessToken {
  readonly grantId: string
  readonly jti: string
  /** Seconds since the epoch, as `exp`. */
  readonly iat: number | undefined
  readonly exp: number | undefined
}

/** Verifies a JWT access token. Returns undefined for any other text. Not checked: whether the token was ended. */
export type VerifyJwt = (value: string) => Promise<JwtAccessToken | undefined>

/**
 * Makes the verification of JWT access tokens.
 *
 * @param publishedKeys - returns another list after the keys have changed
 * @see {@link https://www.rfc-editor.org/rfc/rfc9068.html#section-4 RFC 9068, Section 4}
 */
export function createVerifyJwt(
  expected: { readonly issuer: string; readonly audience: string },
  publishedKeys: () => readonly object[],
): VerifyJwt {
  let keys: readonly object[] | undefined
  let keySet: LocalJWKSet | undefined
  const currentKeys = (): LocalJWKSet => {
    const published = publishedKeys()
    if (published !== keys) keySet = undefined
    keys = published
    keySet ??= createLocalJWKSet({ keys: published } as JSONWebKeySet)
    return keySet
  }
  const rules = { ...expected, typ: 'at+jwt', requiredClaims: ['exp', 'iat'] }
  return async (value) => {
    try {
      const { payload } = await jwtVerify(value, currentKeys(), rules)
      const { [grantClaim]: grantId, jti, iat, exp } = payload
      return typeof grantId === 'string' && jti !== undefined
        ? { grantId, jti, iat, exp }
        : undefined
    } catch {
      return undefined
    }
  }
}
