import Provider, { errors } from 'oidc-provider'
import { parseSubject } from '../pleo/subject.ts'
import { asOneRequest } from './grant-request.ts'
import type { Grant } from './internals.ts'
import { createFindJwtAccessToken } from './jwt-access-tokens.ts'
import { identifierOf, isFor, noteUse, type IntrospectionParts } from './token-responses.ts'

/** What an access token says, with the members of an introspection response. */
export type Introspection =
  | { readonly active: false }
  | {
      readonly active: true
      /** The id of the company or organization. */
      readonly sub: string
      /** Its URN. */
      readonly 'urn:pleo:params:oauth:subject_urn': string
      readonly client_id: string
      /** Separated by spaces. */
      readonly scope: string
      readonly token_type: string
      readonly aud: string
      readonly iss: string
      /** Seconds since the epoch, as `iat`. */
      readonly exp: number
      readonly iat: number
      readonly jti: string
      /** The key that it is bound to (RFC 9449, Section 6.2). */
      readonly cnf?: { readonly jkt: string }
    }

/** Looks at an access token as the introspection endpoint does for the registered resource server. */
export type Introspect = (accessToken: string) => Promise<Introspection>

type AccessToken = InstanceType<Provider['AccessToken']>

/**
 * Makes introspection for callers in this process.
 *
 * @param followKeys - to be awaited before a JWT is verified: no request has come that this was done for
 * @see {@link https://www.rfc-editor.org/rfc/rfc7662.html#section-2.2 RFC 7662, Section 2.2}
 */
export function createIntrospect(
  provider: Provider,
  parts: IntrospectionParts,
  followKeys: () => Promise<void>,
): Introspect {
  const { audience } = parts.resourceServer
  const findJwt = createFindJwtAccessToken(provider, parts)
  const find = async (value: string): Promise<Introspection> => {
    if (hasParts(value)) await followKeys()
    const jwt = await findJwt(Provider.ctx, value)
    const token: AccessToken | undefined = jwt?.token ?? (await provider.AccessToken.find(value))
    const isGood = token?.isValid && isFor(token, audience)
    if (!isGood || (token['x5t#S256'] ?? '') !== '') return { active: false }
    const subject = await findSubject(provider, token)
    if (!subject || !(await isClient(provider, token.clientId))) return { active: false }
    await noteUse(Provider.ctx, token, parts.storage.grants, parts.refreshRetryWindow)
    return {
      active: true,
      sub: subject.id,
      'urn:pleo:params:oauth:subject_urn': subject.urn,
      client_id: token.clientId ?? '',
      scope: token.scope ?? '',
      token_type: token.tokenType,
      aud: audience,
      iss: provider.issuer,
      exp: token.exp ?? 0,
      iat: token.iat,
      jti: identifierOf(token),
      ...(token.jkt !== undefined && { cnf: { jkt: token.jkt } }),
    }
  }
  return (value) => asOneRequest(() => find(value))
}

/** Whether it can be a JWT; nothing else has anything to do with keys. */
const hasParts = (value: string): boolean => value.includes('.')

/** What the grant behind the token is for, while there is one that this token can be of. */
async function findSubject(
  provider: Provider,
  { grantId, clientId, accountId }: AccessToken,
): Promise<ReturnType<typeof parseSubject>> {
  const grant: Grant | undefined = await provider.Grant.find(grantId)
  const isOf = grant?.clientId === clientId && grant?.accountId === accountId
  return isOf ? parseSubject(grant?.subject ?? '') : undefined
}

/** Whether there is such a client, which is not suspended, and can be one. */
async function isClient(provider: Provider, clientId: string | undefined): Promise<boolean> {
  try {
    return (await provider.Client.find(clientId ?? '')) !== undefined
  } catch (error) {
    if (error instanceof errors.InvalidClientMetadata) return false
    throw error
  }
}
