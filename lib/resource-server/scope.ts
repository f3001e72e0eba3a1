import type { AccessToken } from './access-token.ts'
import type { Subject, SubjectType } from '../pleo/subject.ts'
import { ResourceServerError, type Scheme, toChallenge } from './challenges.ts'
import type { Middleware } from 'koa'

/** Returns the ids (UUIDs) of the companies that belong to an organization now. */
export type CompaniesOf = (organization: Subject) => Promise<readonly string[]> | readonly string[]

/** A request with a good token. */
interface GoodRequest {
  readonly scheme: Scheme
  /** The challenge in that scheme, without an error. */
  readonly challenge: string
  readonly companiesOf: CompaniesOf | undefined
}

/** The part of `ctx.state` that `bearer()` sets. */
export interface BearerState {
  token: AccessToken
}

/** A context behind `bearer()`. */
export interface TokenContext {
  readonly state: { readonly token: AccessToken }
}

const requests = new WeakMap<object, GoodRequest>()

/** Remembers how the token of a request came. */
export function setRequest(token: AccessToken, request: GoodRequest): void {
  requests.set(token, request)
}

/**
 * Returns the token of a request, and how it came.
 *
 * @throws TypeError if `bearer()` did not run, or if its token was replaced: nothing is verified then
 */
export function requestOf({ state }: TokenContext): GoodRequest & { readonly token: AccessToken } {
  const token: AccessToken | undefined = state?.token
  const request = token && requests.get(token)
  if (!request) throw new TypeError('bearer() must run first: ctx.state.token is not from there')
  return { ...request, token }
}

/**
 * Refuses a request if its token is good, but not for this. The challenge has no error: with `insufficient_scope`, the client
 * would ask for another scope.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6750.html#section-3 RFC 6750, Section 3}
 */
export const toForbidden = (ctx: TokenContext, description: string): ResourceServerError =>
  new ResourceServerError(403, 'forbidden', description, {
    'WWW-Authenticate': requestOf(ctx).challenge,
  })

/**
 * Lets a request pass if its token has all of these scopes.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6750.html#section-3.1 RFC 6750, Section 3.1}
 * @throws TypeError if one is not a scope, or the list is empty
 */
export function requireScope(...scopes: readonly [string, ...string[]]): Middleware<BearerState> {
  const isScope = (scope: unknown): boolean =>
    typeof scope === 'string' && /^[\x21\x23-\x5B\x5D-\x7E]+$/.test(scope)
  if (scopes.length === 0 || !scopes.every(isScope)) {
    throw new TypeError('requireScope: each must be one scope, and there must be at least one')
  }
  const error = 'insufficient_scope'
  const scope = scopes.join(' ')
  const description = `the access token lacks a scope that this needs: ${scope}`
  return (ctx, next) => {
    const { token, scheme } = requestOf(ctx)
    if (scopes.every((one) => token.scope.has(one))) return next()
    throw new ResourceServerError(403, error, description, {
      'WWW-Authenticate': toChallenge(scheme, { error, error_description: description, scope }),
    })
  }
}

/**
 * Lets a request pass if its token is for a company, or for an organization.
 *
 * @throws TypeError if the type is neither
 */
export function requireSubject(type: SubjectType): Middleware<BearerState> {
  if (!['company', 'organization'].includes(type)) {
    throw new TypeError('requireSubject: must be company or organization')
  }
  return (ctx, next) => {
    if (requestOf(ctx).token.subject.type === type) return next()
    const article = type === 'company' ? 'a' : 'an'
    throw toForbidden(ctx, `this needs an access token for ${article} ${type}`)
  }
}
