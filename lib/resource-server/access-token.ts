import type { Subject } from '../pleo/subject.ts'

/** What a good access token says: `ctx.state.token` behind `bearer()`. */
export interface AccessToken {
  /** The client that it was issued to. */
  readonly clientId: string
  /** The company or organization that it is for. */
  readonly subject: Subject
  readonly scope: ReadonlySet<string>
  /** When it ends, in milliseconds since the epoch. */
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
 * Finds out what an access token says; `undefined` where it is not good. Whose API it is for, its end and its key are
 * looked at by `bearer()`, which calls this, and answers 503 where something of it makes no sense. `parseSubject` makes the
 * subject.
 *
 * @throws {@link VerificationUnavailableError} where nothing can be known of it now
 */
export type TokenVerifier = (token: string) => Promise<VerifiedToken | undefined>

/** Nothing can be known of a token at the moment. A request with one is answered with 503, and never passes. */
export class VerificationUnavailableError extends Error {
  override readonly name = 'VerificationUnavailableError'
}
