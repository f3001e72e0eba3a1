import type { Context } from 'koa'

/** A request that is not served, with the answer to it. */
export class ResourceServerError extends Error {
  override readonly name = 'ResourceServerError'
  /** The HTTP status. */
  readonly status: number
  /** The kind of refusal. It is stable, for programs. */
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

/** The mistake in a token or its proof. */
export interface TokenProblem {
  readonly error: 'invalid_token' | 'invalid_dpop_proof'
  readonly description: string
}

/** The challenges of an API. */
export interface Challenges {
  /** One challenge without an error. */
  readonly of: (scheme: Scheme) => string
  /**
   * The answer to a request without a good token. It has a challenge for each scheme, and the problem in the challenge of the
   * scheme that was used. A request without a token gets no error there, but the scopes of the API.
   */
  readonly refuse: (used?: Scheme, problem?: TokenProblem) => ResourceServerError
}

/** The values that are in the challenges of an API. */
export interface ChallengeValues {
  readonly schemes: readonly Scheme[]
  /** The origin of the API: the realm, in a challenge that has nothing else. */
  readonly realm: string
  readonly resourceMetadata: string | undefined
  readonly algorithms: readonly string[]
  readonly scopes: readonly string[] | undefined
}

/**
 * Makes the challenges of an API. Each has at least one parameter.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6750.html#section-3 RFC 6750, Section 3}
 * @see {@link https://www.rfc-editor.org/rfc/rfc9449.html#section-7.1 RFC 9449, Section 7.1}
 */
export function createChallenges(values: ChallengeValues): Challenges {
  const { schemes, realm, resourceMetadata } = values
  const algs = values.algorithms.join(' ')
  const of = (scheme: Scheme, problem?: TokenProblem, scope?: string): string => {
    const isBare = [problem, scope, resourceMetadata].every((one) => one === undefined)
    return toChallenge(scheme, {
      realm: isBare && scheme !== 'DPoP' ? realm : undefined,
      error: problem?.error,
      error_description: problem?.description,
      algs: scheme === 'DPoP' ? algs : undefined,
      resource_metadata: resourceMetadata,
      scope,
    })
  }
  return {
    of: (scheme) => of(scheme),
    refuse(used, problem) {
      const scope = problem ? undefined : values.scopes?.join(' ')
      const challenges = schemes.map((scheme) =>
        of(scheme, scheme === used ? problem : undefined, scope),
      )
      return new ResourceServerError(
        401,
        problem?.error ?? 'missing_token',
        problem?.description ?? 'an access token is needed, in the Authorization header',
        { 'WWW-Authenticate': challenges.join(', ') },
      )
    },
  }
}

/** Every value of a header: Node itself drops all but the first of some. */
export function valuesOf(
  { req: { rawHeaders } }: Pick<Context, 'req'>,
  name: string,
): readonly string[] {
  return rawHeaders.filter(
    (_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name,
  )
}

/**
 * Reads the access token from the `Authorization` header, and from nowhere else. Returns `undefined` if there is no token.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6750.html#section-2.1 RFC 6750, Section 2.1}
 * @throws {@link ResourceServerError} with 400 if the request is malformed
 */
export function readCredentials(
  request: Pick<Context, 'req' | 'querystring'>,
  schemes: readonly Scheme[],
): { readonly scheme: Scheme; readonly token: string } | undefined {
  const [header, ...more] = valuesOf(request, 'authorization')
  if (more.length > 0) throw malformed('Authorization was sent more than once')
  // Koa's own `query` takes a second for a query of seven thousand parameters.
  if (new URLSearchParams(request.querystring).has('access_token')) {
    throw malformed('an access token belongs in the Authorization header, and never in a URL')
  }
  const [, name = '', rest = ''] = /^([^\s]*)(.*)$/s.exec(header ?? '') ?? []
  const scheme = schemes.find((one) => one.toLowerCase() === name.toLowerCase())
  if (!scheme) return undefined
  const token = /^ +([\w\-.~+/]+=*) *$/.exec(rest)?.[1]
  if (token === undefined) {
    throw malformed(`${scheme} must be followed by one access token`, scheme)
  }
  return { scheme, token }
}

function malformed(description: string, scheme: Scheme = 'Bearer'): ResourceServerError {
  const error = 'invalid_request'
  return new ResourceServerError(400, error, description, {
    'WWW-Authenticate': toChallenge(scheme, { error, error_description: description }),
  })
}
