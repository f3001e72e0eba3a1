import type { AccessToken } from './access-token.ts'
import type { Subject } from '../pleo/subject.ts'
import { ResourceServerError, type Scheme } from './refusal.ts'

/** Answers the ids (UUIDs) of the companies that belong to an organization now. */
export type CompaniesOf = (organization: Subject) => Promise<readonly string[]> | readonly string[]

/** What is known of a request whose token is good. */
interface GoodRequest {
  readonly scheme: Scheme
  /** In that scheme, without an error. */
  readonly challenge: string
  readonly companiesOf: CompaniesOf | undefined
}

/** A context behind `bearer()`. */
export interface TokenContext {
  readonly state: { readonly token: AccessToken }
}

const requests = new WeakMap<object, GoodRequest>()

/** Remembers what the token of a request came with. */
export function setRequest(token: AccessToken, request: GoodRequest): void {
  requests.set(token, request)
}

/**
 * The token of a request, and what it came with.
 *
 * @throws TypeError where `bearer()` did not run, or its token was replaced: then nothing was verified
 */
export function requestOf({ state }: TokenContext): GoodRequest & { readonly token: AccessToken } {
  const token: AccessToken | undefined = state?.token
  const request = token && requests.get(token)
  if (!request) throw new TypeError('bearer() must run first: ctx.state.token is not from there')
  return { ...request, token }
}

/**
 * Refuses a request whose token is good, and not for what it asks. No error is in the challenge: `insufficient_scope` would
 * have the client ask for another scope.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6750.html#section-3 RFC 6750, Section 3}
 */
export const toForbidden = (ctx: TokenContext, description: string): ResourceServerError =>
  new ResourceServerError(403, 'forbidden', description, {
    'WWW-Authenticate': requestOf(ctx).challenge,
  })
