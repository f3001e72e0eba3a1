import type { Configuration } from 'oidc-provider'
import { InvalidGrant } from '../grants/issue.ts'
import { parseSubject } from '../pleo/subject.ts'
import type { Grant } from './internals.ts'

type SetClaims = NonNullable<
  NonNullable<NonNullable<Configuration['formats']>['customizers']>['jwt']
>

/** The claim that says for which company or organization a token is. */
export const subjectClaim = 'urn:pleo:params:oauth:subject_urn'

/** The claim by which introspection finds what the token stands for. The id of a grant is no credential. */
export const grantClaim = 'urn:pleo:params:oauth:grant'

/**
 * Says in an access token for whom it is, in place of who granted it.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9068.html#section-2.2 RFC 9068, Section 2.2}
 */
export const setJwtClaims: SetClaims = (ctx, token, { payload }) => {
  if (token.kind !== 'AccessToken') return
  // There is no request where a host makes a token by itself.
  const grant: Grant | undefined = (ctx as Partial<typeof ctx> | undefined)?.oidc?.entities.Grant
  const subject = parseSubject(grant?.subject ?? '')
  // Whoever verifies it alone would take it for one of the person.
  if (!grant || !subject) throw new InvalidGrant('the grant has no subject')
  payload['sub'] = subject.id
  payload[subjectClaim] = subject.urn
  payload[grantClaim] = grant.jti
}
