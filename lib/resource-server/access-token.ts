import { type Subject, parseSubject } from '../pleo/subject.ts'
import { isDeepStrictEqual } from 'node:util'

/** The content of a good access token: `ctx.state.token` behind `bearer()`. */
export interface AccessToken {
  /** The client that it was issued to. */
  readonly clientId: string
  /** The company or organization that it is for. */
  readonly subject: Subject
  readonly scope: ReadonlySet<string>
  /** The time when it ends, in milliseconds since the epoch. */
  readonly expiresAt: number
  /**
   * The key that it is bound to, as a JWK thumbprint; `undefined` for a plain Bearer token.
   *
   * @see {@link https://www.rfc-editor.org/rfc/rfc9449.html#section-6 RFC 9449, Section 6}
   */
  readonly keyThumbprint: string | undefined
}

/** An access token as a verifier found it, which may still be for another API. */
export interface VerifiedToken extends AccessToken {
  /** The APIs that it is for. */
  readonly audience: readonly string[]
}

/**
 * Verifies an access token. Returns `undefined` if it is not good. `bearer()` then checks audience, expiry and key, and answers 503
 * if the result is malformed. Make `subject` with `parseSubject`.
 *
 * @throws {@link VerificationUnavailableError} if nothing can be known of it now
 */
export type TokenVerifier = (token: string) => Promise<VerifiedToken | undefined>

/** Nothing can be known of a token at the moment. A request with one is answered with 503, and never passes. */
export class VerificationUnavailableError extends Error {
  override readonly name = 'VerificationUnavailableError'
}

type Checks = { readonly [Member in keyof VerifiedToken]: (value: unknown) => boolean }

const isText = (value: unknown): boolean => typeof value === 'string' && value !== ''

const checks: Checks = {
  // In a text, `includes` would find our audience as a part of another.
  audience: (value) => Array.isArray(value) && value.every(isText),
  // A value that is not a number would never expire.
  expiresAt: Number.isFinite,
  scope: (value) => value instanceof Set && [...value].every(isText),
  clientId: isText,
  keyThumbprint: (value) => value === undefined || isText(value),
  subject: (value) => {
    const { urn, type, id } = Object(value) as Partial<Subject>
    const subject = typeof urn === 'string' ? parseSubject(urn) : undefined
    return subject !== undefined && isDeepStrictEqual(subject, { urn, type, id })
  },
}

/**
 * Checks the result of a verifier. A verifier of the host can return parsed JSON, which the compiler does not check.
 *
 * @throws {@link VerificationUnavailableError} with the name of the member, and no value
 */
export function checkAnswer(found: VerifiedToken): void {
  const members = Object.keys(checks) as (keyof VerifiedToken)[]
  const wrong = members.find((member) => !checks[member](found[member]))
  if (wrong === undefined) return
  throw new VerificationUnavailableError(`the result of verify is invalid: ${wrong}`)
}

type Claims = Readonly<Record<string, unknown>>

/**
 * Reads a good token from the members of an introspection response (RFC 7662, Section 2.2), or from the claims of
 * a JWT access token (RFC 9068, Section 2.2). Returns `undefined` if an API of companies cannot use it: it is not
 * for a company or organization, is not an access token, or is bound to something that is not checked here.
 *
 * @throws TypeError, with the name of the member, if a member is invalid
 */
export function toVerifiedToken(claims: Claims): VerifiedToken | undefined {
  const clientId = textOf(claims, 'client_id')
  const scope = claims['scope'] === undefined ? '' : textOf(claims, 'scope', '')
  const { exp, cnf } = claims
  if (!Number.isSafeInteger(exp)) throw new TypeError('exp is not a whole number')
  const audience = toAudience(claims['aud'])
  const keyThumbprint = cnf === undefined ? undefined : toThumbprint(cnf)
  if (keyThumbprint === 'unknown' || !isAccessToken(claims['token_type'], keyThumbprint)) {
    return undefined
  }
  const urn = claims['urn:pleo:params:oauth:subject_urn']
  const subject = typeof urn === 'string' ? parseSubject(urn) : undefined
  if (!subject) return undefined
  return {
    clientId,
    subject,
    scope: new Set(scope.split(' ').filter(Boolean)),
    expiresAt: Number(exp) * 1000,
    keyThumbprint,
    audience,
  }
}

function textOf(claims: Claims, name: string, ...alsoGood: readonly string[]): string {
  const value = claims[name]
  if (typeof value === 'string' && (value !== '' || alsoGood.includes(value))) return value
  throw new TypeError(`${name} is not a text`)
}

function toAudience(aud: unknown): readonly string[] {
  const all: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
  if (all.every((one) => typeof one === 'string')) return all
  throw new TypeError('aud is not a text')
}

function toThumbprint(cnf: unknown): string {
  if (typeof cnf !== 'object' || cnf === null) throw new TypeError('cnf is not an object')
  const { jkt, ...others } = cnf as { readonly jkt?: unknown }
  // For example a certificate (RFC 8705, Section 3): a stolen token would pass if nobody checks that.
  return typeof jkt === 'string' && Object.keys(others).length === 0 ? jkt : 'unknown'
}

/** Introspection can answer for a refresh token, too. A JWT has its type in its header. */
function isAccessToken(type: unknown, keyThumbprint: string | undefined): boolean {
  if (type === undefined) return true
  if (typeof type !== 'string') throw new TypeError('token_type is not a text')
  return type.toLowerCase() === (keyThumbprint === undefined ? 'bearer' : 'dpop')
}
