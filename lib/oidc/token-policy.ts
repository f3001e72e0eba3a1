import type Provider from 'oidc-provider'
import type { Client, KoaContextWithOIDC } from 'oidc-provider'
import type { StoredPayload } from '../storage.ts'

/** Decides whether a client may introspect or revoke a token. */
export type TokenPolicy = (
  ctx: KoaContextWithOIDC,
  client: Client,
  token: InstanceType<Provider['AccessToken' | 'ClientCredentials' | 'RefreshToken']>,
) => Promise<boolean> | boolean

/** The endpoints at which a client asks about a token. */
export type TokenEndpoint = 'introspection' | 'revocation'

/** Switches both endpoints on, and decides which client may ask about which token unless `configure` says otherwise. */
export function toTokenFeatures(
  resourceServerIds: readonly string[],
): Readonly<Record<TokenEndpoint, { enabled: true; allowedPolicy: TokenPolicy }>> {
  const resourceServers = new Set(resourceServerIds)
  // An API must not see a refresh token as active: the token could pass there for an access token.
  const mayIntrospect: TokenPolicy = ({ oidc }, client, token) =>
    token.clientId === client.clientId ||
    (resourceServers.has(client.clientId) &&
      token.kind !== 'RefreshToken' &&
      oidc.provider.Client.find(token.clientId ?? '').then((owner) => owner !== undefined))
  return {
    introspection: { enabled: true, allowedPolicy: mayIntrospect },
    revocation: {
      enabled: true,
      allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId,
    },
  }
}

/** Whether the token is not bound to a sign-in, or that sign-in still lasts. Only an earlier version stored tokens that are bound. */
export async function isInSession(provider: Provider, payload: StoredPayload): Promise<boolean> {
  const { expiresWithSession, sessionUid, accountId, clientId = '', grantId } = payload
  if (expiresWithSession !== true) return true
  const session = await provider.Session.findByUid(String(sessionUid))
  return session?.accountId === accountId && session?.grantIdFor(clientId) === grantId
}
