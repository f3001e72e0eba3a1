import type { ConnectionTeller } from './events.ts'
import { findToken, type IssuedToken, type TokenCaller, type TokenParts } from './introspect.ts'
import { endGrant, hasExpired } from './issue.ts'

/** The client that revokes a token. */
export interface RevokingClient extends TokenCaller {
  /** Called for an access token: whether the whole connection ends with it. */
  endsGrant(): Promise<boolean>
}

/** The token that was revoked, and the grant that ended with it. */
export interface Revoked {
  readonly token: IssuedToken
  readonly grantId?: string
}

/**
 * Ends a token. With a refresh token, also one that was replaced, its connection ends. Does nothing, and resolves to
 * undefined, if the token does not exist or the client may not revoke it.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7009.html#section-2.1 RFC 7009, Section 2.1}
 */
export async function revoke(
  value: string,
  client: RevokingClient,
  parts: TokenParts & { readonly teller: ConnectionTeller },
): Promise<Revoked | undefined> {
  const token = await findToken(value, parts)
  if (!token || hasExpired(token.payload) || !(await client.isAllowed(token))) return undefined
  if (token.kind === 'ClientCredentials') {
    await parts.clientCredentials.destroy(token.payload.jti)
    return { token }
  }
  const { kind, grantId, payload } = token
  if (kind === 'AccessToken' && !(await client.endsGrant())) {
    await parts.grants.remove(grantId, kind, payload.jti)
    return { token }
  }
  await endGrant(parts, grantId, 'partner')
  return { token, grantId }
}
