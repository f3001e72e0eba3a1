import { ResourceServerError, toChallenge, type Scheme } from './refusal.ts'

/** What is wrong with a token or its proof. */
export interface TokenProblem {
  readonly scheme: Scheme
  readonly error: 'invalid_token' | 'invalid_dpop_proof'
  readonly description: string
}

/** Makes the answer to a request without a good token. */
export type Unauthorized = (problem?: TokenProblem) => ResourceServerError

/** One challenge of an API, with what is wrong, where something is, and the scopes to ask for. */
export type Challenge = (
  scheme: Scheme,
  problem?: Omit<TokenProblem, 'scheme'>,
  scope?: string,
) => string

/**
 * Makes the challenges of an API. Each has a parameter at least: the realm, which is the origin of the API, where there is
 * no other.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6750.html#section-3 RFC 6750, Section 3}
 * @see {@link https://www.rfc-editor.org/rfc/rfc9449.html#section-7.1 RFC 9449, Section 7.1}
 */
export function createChallenge(
  realm: string,
  resourceMetadata: string | undefined,
  algorithms: readonly string[],
): Challenge {
  const algs = algorithms.join(' ')
  return (scheme, problem, scope) => {
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
}

/**
 * Names every scheme that is taken, and what is wrong at the one that was used. A request without a token is told no error
 * there, but the scopes of the API, so that a client knows what to ask for.
 */
export function createUnauthorized(
  schemes: readonly Scheme[],
  challenge: Challenge,
  scopes: readonly string[] | undefined,
): Unauthorized {
  return (problem) => {
    const scope = problem ? undefined : scopes?.join(' ')
    const challenges = schemes.map((scheme) =>
      challenge(scheme, problem?.scheme === scheme ? problem : undefined, scope),
    )
    return new ResourceServerError(
      401,
      problem?.error ?? 'missing_token',
      problem?.description ?? 'an access token is needed, in the Authorization header',
      { 'WWW-Authenticate': challenges.join(', ') },
    )
  }
}
