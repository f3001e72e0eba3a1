/** A request that is not served, with the answer to it. */
export class ResourceServerError extends Error {
  override readonly name = 'ResourceServerError'
  /** The HTTP status. */
  readonly status: number
  /** What kind of refusal it is; stable, for programs. */
  readonly error: string
  /** Headers of the answer: `WWW-Authenticate`, `Retry-After`. */
  readonly headers: Readonly<Record<string, string>>
  /** The message is for the caller. */
  readonly expose = true

  constructor(
    status: number,
    error: string,
    message: string,
    headers: Readonly<Record<string, string>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.status = status
    this.error = error
    this.headers = headers
  }
}

/** How a client sent its token. */
export type Scheme = 'Bearer' | 'DPoP'

/**
 * One challenge of `WWW-Authenticate`. The values are ours, and have neither quotes nor backslashes.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6750.html#section-3 RFC 6750, Section 3}
 */
export function toChallenge(
  scheme: Scheme,
  parameters: Readonly<Record<string, string | undefined>>,
): string {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined)
  const list = given.map(([name, value]) => `${name}="${value}"`).join(', ')
  return list ? `${scheme} ${list}` : scheme
}
