import type { ConnectionTeller, RevocationReason } from './events.ts'
import {
  findToken,
  type StoredToken,
  type TokenCaller,
  type IntrospectingServer,
} from './introspect.ts'
import type { IssuingServer } from './token-request.ts'

/** The client that revokes a token. */
export interface RevokingClient extends TokenCaller {
  /** Called for an access token: whether the whole connection ends with it. */
  endsGrant(): Promise<boolean>
}

/** The token that was revoked, and the grant that ended with it. */
export interface Revoked {
  readonly token: StoredToken
  readonly grantId?: string
}

/**
 * Ends a token. With a refresh token, also one that was replaced, its connection ends. Does nothing, and resolves to
 * undefined, if the token does not exist, has expired, or the client may not revoke it.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7009.html#section-2.1 RFC 7009, Section 2.1}
 */
export async function revoke(
  value: string,
  client: RevokingClient,
  server: IntrospectingServer & { readonly teller: ConnectionTeller },
): Promise<Revoked | undefined> {
  const token = await findToken(value, server)
  if (!token || !(await client.isAllowed(token))) return undefined
  if (token.kind === 'ClientCredentials') {
    await server.clientCredentials.destroy(token.payload.jti)
    server.teller.tokenRevoked({ clientId: token.payload.clientId ?? '' })
    return { token }
  }
  const { kind, grantId, payload } = token
  if (kind === 'AccessToken' && !(await client.endsGrant())) {
    await server.grants.remove(grantId, kind, payload.jti)
    const { clientId = '', subject = '' } = token.grant.payload
    server.teller.tokenRevoked({ clientId, grantId, subject })
    return { token }
  }
  await endGrant(server, grantId, 'partner')
  return { token, grantId }
}

/** Ends a grant, and tells the host. */
export async function endGrant(
  { grants, teller }: Pick<IssuingServer, 'grants' | 'teller'>,
  grantId: string,
  reason: RevocationReason,
): Promise<void> {
  const ended = await grants.end(grantId)
  if (ended) teller.revoked(ended, reason)
}
