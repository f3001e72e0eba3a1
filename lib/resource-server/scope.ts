import type { Middleware } from 'koa'
import type { SubjectType } from '../pleo/subject.ts'
import type { BearerState } from './bearer.ts'
import { ResourceServerError, toChallenge } from './refusal.ts'
import { requestOf, toForbidden } from './request.ts'

/**
 * Lets a request pass whose token has all of these scopes.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6750.html#section-3.1 RFC 6750, Section 3.1}
 * @throws TypeError where one is no scope, or there is none
 */
export function requireScope(...scopes: readonly [string, ...string[]]): Middleware<BearerState> {
  const isScope = (scope: unknown): boolean =>
    typeof scope === 'string' && /^[\x21\x23-\x5B\x5D-\x7E]+$/.test(scope)
  if (scopes.length === 0 || !scopes.every(isScope)) {
    throw new TypeError('requireScope: each must be one scope, and there must be one')
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
 * Lets a request pass whose token is for a company, or for an organization.
 *
 * @throws TypeError where the type is neither
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
