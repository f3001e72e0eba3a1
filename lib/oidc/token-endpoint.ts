import type Provider from 'oidc-provider'
import { errors, type ResourceServer, type TokenEndpointGrantContext } from 'oidc-provider'
import { checkDpopReplay, validateDpop } from 'oidc-provider/lib/helpers/grants.js'
import type { Config } from '../config/config.ts'
import { ProtocolError } from '../errors.ts'
import { callListeners, type ConnectionTeller } from '../grants/events.ts'
import { redeem } from '../grants/redeem.ts'
import { refresh } from '../grants/refresh.ts'
import type {
  AccessToken,
  Found,
  IssuedTokens,
  Proof,
  IssuingServer,
  TokenRequest,
  WrittenToken,
} from '../grants/token-request.ts'
import { toJti, type TokenValues } from '../grants/token-values.ts'
import type { GrantInfo } from '../pleo/accounts.ts'
import type { StoredPayload } from '../storage.ts'
import { usedProof } from '../validation/dpop-proof.ts'
import { explainProof } from './endpoint-errors.ts'
import { internalsOf, writeToken } from './internals.ts'

/** A request at the token endpoint. No parameter but `resource` may be sent twice. */
type Context = TokenEndpointGrantContext<{
  readonly code: string
  readonly code_verifier?: string
  readonly redirect_uri: string
  readonly refresh_token: string
}>

/**
 * Makes the token endpoint redeem codes and refresh with {@link redeem} and {@link refresh}, in place of the framework's own
 * handlers. The framework authenticates the client and renders errors. It drops every parameter that is not named here.
 */
export function registerGrants(
  provider: Provider,
  config: Config,
  { values, teller }: { readonly values: TokenValues; readonly teller: ConnectionTeller },
): void {
  const { accounts, lifetimes, resourceServer, storage } = config
  const { audience, scopes } = resourceServer
  const { resourceIndicators } = internalsOf(provider).configuration.features
  const toServer = (ctx: Context): IssuingServer => ({
    audience,
    lifetimes,
    grants: storage.grants,
    values,
    teller: tellProvider(ctx, teller),
    onAccepted: (found) => setEntities(ctx, found),
    async findApi(resource) {
      const api = await resourceIndicators.getResourceServerInfo(ctx, resource, ctx.oidc.client)
      const keepsJwts = resourceServer.accessTokenFormat === 'jwt'
      return { scope: api.scope, write: (token) => write(ctx, token, { resource, api, keepsJwts }) }
    },
  })

  const handleCode = async (ctx: Context): Promise<void> => {
    const { code, redirect_uri: redirectUri, code_verifier: codeVerifier } = ctx.oidc.params
    checkPresence({ code, redirect_uri: redirectUri })
    const request = { ...(await readRequest(ctx)), code, redirectUri, codeVerifier }
    answer(ctx, await redeem(request, toServer(ctx)))
  }
  const codeParameters = ['code', 'code_verifier', 'redirect_uri', 'resource']
  provider.registerGrantType('authorization_code', handleCode, codeParameters, 'resource')

  const handleRefresh = async (ctx: Context): Promise<void> => {
    const { refresh_token: refreshToken, scope } = ctx.oidc.params
    checkPresence({ refresh_token: refreshToken })
    const request = { ...(await readRequest(ctx)), refreshToken, scope }
    const server = {
      ...toServer(ctx),
      repeatTimes: config,
      catalogue: Object.keys(scopes),
      mayContinue: (grant: GrantInfo) => accounts.mayContinue?.(grant),
    }
    answer(ctx, await refresh(request, server))
  }
  const refreshParameters = ['refresh_token', 'scope', 'resource']
  provider.registerGrantType('refresh_token', handleRefresh, refreshParameters, 'resource')
}

function checkPresence(params: Readonly<Record<string, unknown>>): void {
  const missing = Object.keys(params).filter((name) => params[name] === undefined)
  if (missing.length === 0) return
  const names = missing.map((name) => `'${name}'`).join(' and ')
  const description = `missing required parameter${missing.length > 1 ? 's' : ''} ${names}`
  throw new ProtocolError('invalid_request', description)
}

async function readRequest(ctx: Context): Promise<TokenRequest> {
  const { client, params } = ctx.oidc
  return {
    client: {
      clientId: client.clientId,
      scope: client.scope,
      isPublic: client.clientAuthMethod === 'none',
      needsProof: client.dpopBoundAccessTokens === true,
      getsRefreshTokens: client.grantTypeAllowed('refresh_token'),
    },
    resources: params.resource === undefined ? [] : [params.resource].flat(),
    proof: await readProof(ctx),
  }
}

async function readProof(ctx: Context): Promise<Proof | undefined> {
  const { client, provider } = ctx.oidc
  try {
    const proof = await validateDpop(provider, ctx)
    return (
      proof && {
        jkt: proof.thumbprint,
        use: () => checkDpopReplay(provider, ctx, proof, client.clientId, UsedProof),
      }
    )
  } catch (error) {
    const fault = explainProof(ctx, error)
    if (fault === undefined) throw error
    throw Object.assign(new ProtocolError('invalid_dpop_proof', fault), { cause: error })
  }
}

/** @see {@link https://www.rfc-editor.org/rfc/rfc9449.html#section-11.1 RFC 9449, Section 11.1} */
class UsedProof extends errors.CustomOIDCProviderError {
  constructor() {
    super('invalid_dpop_proof', usedProof)
  }
}

/** Tells the host by the events of the framework, too, that a grant ended. */
const tellProvider = (ctx: Context, teller: ConnectionTeller): ConnectionTeller => ({
  ...teller,
  revoked(grant, reason) {
    teller.revoked(grant, reason)
    const { provider, entities } = ctx.oidc
    if (reason === 'replay') callListeners(() => provider.emit('grant.revoked', ctx, grant.grantId))
    else callListeners(() => entities.Grant?.emit('destroyed'))
  },
})

/** Makes a model of the framework: hosts and `configure` read models in `ctx.oidc.entities` and hear of them in events. */
const toModel = (model: unknown, payload: StoredPayload): InstanceType<Provider['Grant']> =>
  new (model as new (stored: StoredPayload) => InstanceType<Provider['Grant']>)(payload)

function setEntities({ oidc }: Context, { grant, presented }: Found): void {
  const { provider } = oidc
  const kind = presented['kind'] === 'RefreshToken' ? 'RefreshToken' : 'AuthorizationCode'
  oidc.entity(kind, toModel(provider[kind], presented))
  oidc.entity('Grant', toModel(provider.Grant, grant.payload))
  const accountId = String(presented['accountId'])
  oidc.entity('Account', { accountId, claims: () => ({ sub: accountId }) })
}

/** Writes an access token in the format of its API. JWTs are stored only if the options ask for JWTs. */
async function write(
  { oidc }: Context,
  { value, lifetime, members }: AccessToken,
  { resource, api, keepsJwts }: { resource: string; api: ResourceServer; keepsJwts: boolean },
): Promise<WrittenToken> {
  const { client, provider } = oidc
  const { accessTokenFormat: format = 'opaque' } = api
  const id = format === 'jwt' ? toJti(value) : value
  const resourceServer = new provider.ResourceServer(resource, api)
  const given = { ...members, client, resourceServer, expiresIn: lifetime }
  const token = new provider.AccessToken(given)
  oidc.entity('AccessToken', token)
  const { text, payload } = await writeToken(token, id, format)
  const isKept = format === 'opaque' || keepsJwts
  return { text, stored: isKept ? { id, payload, lifetime } : undefined }
}

/** Answers, and tells the host of the tokens by the events of the framework. */
function answer(ctx: Context, issued: IssuedTokens): void {
  const { accessToken, refreshToken, expiresIn, scope, tokenType } = issued
  const { oidc } = ctx
  const { AuthorizationCode: code, RefreshToken: replaced, AccessToken: token } = oidc.entities
  if (replaced) oidc.entity('RotatedRefreshToken', replaced)
  const used = code ?? replaced
  // The code is used up: a listener that throws must not cost its tokens.
  callListeners(() => used?.emit('consumed'))
  callListeners(() => token?.emit(accessToken.stored ? 'saved' : 'issued'))
  if (refreshToken) {
    const successor = toModel(oidc.provider.RefreshToken, {
      ...refreshToken.payload,
      client: oidc.client,
    })
    oidc.entity('RefreshToken', successor)
    callListeners(() => successor.emit('saved'))
  }
  ctx.body = {
    access_token: accessToken.text,
    expires_in: expiresIn,
    refresh_token: refreshToken?.id,
    scope,
    token_type: tokenType,
  }
}
