import type Provider from 'oidc-provider'
import type { KoaContextWithOIDC, ResourceServer } from 'oidc-provider'
import { callListeners, type ConnectionTeller } from '../grants/events.ts'
import type { AccessToken, Found, IssuedTokens, WrittenToken } from '../grants/token-request.ts'
import { toJti } from '../grants/token-values.ts'
import type { StoredPayload } from '../storage.ts'
import { writeToken } from './internals.ts'

// Hosts and `configure` read models of the framework in `ctx.oidc.entities`, and hear of them in its events.

/** Makes a model of the framework. */
const toModel = (model: unknown, payload: StoredPayload): InstanceType<Provider['Grant']> =>
  new (model as new (stored: StoredPayload) => InstanceType<Provider['Grant']>)(payload)

/** Sets the entities of a request whose code or refresh token is good. */
export function setEntities({ oidc }: KoaContextWithOIDC, { grant, presented }: Found): void {
  const { provider } = oidc
  const kind = presented['kind'] === 'RefreshToken' ? 'RefreshToken' : 'AuthorizationCode'
  oidc.entity(kind, toModel(provider[kind], presented))
  oidc.entity('Grant', toModel(provider.Grant, grant.payload))
  const accountId = String(presented['accountId'])
  oidc.entity('Account', { accountId, claims: () => ({ sub: accountId }) })
}

/** Tells the host by the events of the framework, too, that a grant ended. */
export const tellProvider = (
  ctx: KoaContextWithOIDC,
  teller: ConnectionTeller,
): ConnectionTeller => ({
  ...teller,
  revoked(grant, reason) {
    teller.revoked(grant, reason)
    const { provider, entities } = ctx.oidc
    if (reason === 'replay') callListeners(() => provider.emit('grant.revoked', ctx, grant.grantId))
    else callListeners(() => entities.Grant?.emit('destroyed'))
  },
})

/** Writes an access token in the format of its API. JWTs are stored only if the options ask for JWTs. */
export async function writeModel(
  { oidc }: KoaContextWithOIDC,
  { value, lifetime, members }: AccessToken,
  { resource, api, keepsJwts }: { resource: string; api: ResourceServer; keepsJwts: boolean },
): Promise<WrittenToken> {
  const { client, provider } = oidc
  const { accessTokenFormat: format = 'opaque' } = api
  const id = format === 'jwt' ? toJti(value) : value
  const resourceServer = new provider.ResourceServer(resource, api)
  const given = { ...members, client, resourceServer, expiresIn: lifetime }
  const token = new provider.AccessToken(given as never)
  oidc.entity('AccessToken', token)
  const { text, payload } = await writeToken(token, id, format)
  const isKept = format === 'opaque' || keepsJwts
  return { text, stored: isKept ? { id, payload, lifetime } : undefined }
}

/** Tells the host of the tokens of a request by the events of the framework. */
export function tellOfTokens({ oidc }: KoaContextWithOIDC, issued: IssuedTokens): void {
  const { accessToken, refreshToken } = issued
  const { AuthorizationCode: code, RefreshToken: replaced, AccessToken: token } = oidc.entities
  if (replaced) oidc.entity('RotatedRefreshToken', replaced)
  const used = code ?? replaced
  // The code is used up: a listener that throws must not cost its tokens.
  callListeners(() => used?.emit('consumed'))
  callListeners(() => token?.emit(accessToken.stored ? 'saved' : 'issued'))
  if (!refreshToken) return
  const { client, provider } = oidc
  const successor = toModel(provider.RefreshToken, { ...refreshToken.payload, client })
  oidc.entity('RefreshToken', successor)
  callListeners(() => successor.emit('saved'))
}
