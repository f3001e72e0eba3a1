import type { Context } from 'koa'
import type { Client, ResourceServer } from 'oidc-provider'
import type Provider from 'oidc-provider'
import type { Config } from '../config/config.ts'
import type { ConnectionTeller } from '../grants/events.ts'
import { redeem } from '../grants/redeem.ts'
import { refresh, type RefreshingServer } from '../grants/refresh.ts'
import type {
  AccessToken,
  Found,
  IssuedTokens,
  RequestingClient,
  TokenRequest,
  WrittenToken,
} from '../grants/token-request.ts'
import { createJti, type TokenValues } from '../grants/token-values.ts'
import { routes } from '../paths.ts'
import type { GrantInfo } from '../pleo/accounts.ts'
import { internalsOf } from './internals.ts'
import type { QuickEndpoint, RequestParameters } from './quick-requests.ts'

/** Parameters of the token endpoint. */
export type GrantParameters = Readonly<
  Partial<Record<'code' | 'code_verifier' | 'redirect_uri' | 'refresh_token' | 'scope', string>>
>

/** A grant type of the token endpoint. */
interface GrantType {
  /** The names of its parameters, apart from `resource`; `required` has those that must be there. */
  readonly parameters: readonly string[]
  readonly required: readonly string[]
  readonly issue: (
    parameters: GrantParameters,
    request: TokenRequest,
    server: RefreshingServer,
  ) => Promise<IssuedTokens>
}

/** The grant types of this server, by name. Both quick requests and the framework's handlers issue tokens with them. */
export const grantTypes: ReadonlyMap<string, GrantType> = new Map<string, GrantType>([
  [
    'authorization_code',
    {
      parameters: ['code', 'code_verifier', 'redirect_uri'],
      required: ['code', 'redirect_uri'],
      issue: ({ code = '', redirect_uri: redirectUri = '', code_verifier }, request, server) =>
        redeem({ ...request, code, redirectUri, codeVerifier: code_verifier }, server),
    },
  ],
  [
    'refresh_token',
    {
      parameters: ['refresh_token', 'scope'],
      required: ['refresh_token'],
      issue: ({ refresh_token: refreshToken = '', scope }, request, server) =>
        refresh({ ...request, refreshToken, scope }, server),
    },
  ],
])

/** A server as all its requests for tokens share it. */
type SharedServer = Omit<RefreshingServer, 'findApi' | 'onAccepted'>

/** Makes the part of the server that all requests for tokens share. */
export function toSharedServer(
  config: Config,
  told: { readonly values: TokenValues; readonly teller: ConnectionTeller },
): SharedServer {
  const { accounts, lifetimes, resourceServer, storage } = config
  const { audience, scopes } = resourceServer
  return {
    ...told,
    audience,
    lifetimes,
    repeatTimes: config,
    grants: storage.grants,
    catalogue: Object.keys(scopes),
    mayContinue: (grant: GrantInfo) => accounts.mayContinue?.(grant),
  }
}

/** A client of the framework, as a request for tokens needs it. */
export const toRequestingClient = (client: Client): RequestingClient => ({
  clientId: client.clientId,
  scope: client.scope,
  isPublic: client.clientAuthMethod === 'none',
  needsProof: client.dpopBoundAccessTokens === true,
  getsRefreshTokens: client.grantTypeAllowed('refresh_token'),
})

/** The answer of the token endpoint (RFC 6749, Section 5.1). */
export const toTokenResponse = (issued: IssuedTokens): object => ({
  access_token: issued.accessToken.text,
  expires_in: issued.expiresIn,
  refresh_token: issued.refreshToken?.id,
  scope: issued.scope,
  token_type: issued.tokenType,
})

/** Why a request got no tokens. */
interface Failure {
  readonly error: unknown
  /** Present if its code or refresh token was good. */
  readonly accepted?: Found
}

const failures = new WeakMap<object, Failure>()

/** Returns the failure of a quick answer. The request must not begin again: it may have ended its grant, or used something up. */
export const failureOf = (ctx: object): Failure | undefined => failures.get(ctx)

const events = [
  'access_token.saved',
  'authorization_code.consumed',
  'grant.destroyed',
  'grant.revoked',
  'grant.success',
  'refresh_token.consumed',
  'refresh_token.saved',
]

/**
 * Makes quick answers of the token endpoint: without a DPoP key, without `resource`, and with an opaque access token. Call it when
 * the grant types are registered.
 */
export function createQuickGrants(
  provider: Provider,
  config: Config,
  told: { readonly values: TokenValues; readonly teller: ConnectionTeller },
): QuickEndpoint {
  const { grantTypeHandlers, configuration } = internalsOf(provider)
  const { getResourceServerInfo } = configuration.features.resourceIndicators
  const handlers = new Map(grantTypeHandlers)
  const shared = toSharedServer(config, told)
  const isOpaque = config.resourceServer.accessTokenFormat === 'opaque'
  const issue = async (
    type: GrantType,
    parameters: RequestParameters,
    { client, ctx }: { readonly client: Client; readonly ctx: Context },
  ): Promise<object> => {
    let accepted: Found | undefined
    const server = {
      ...shared,
      onAccepted: (found: Found) => (accepted = found),
      async findApi(resource: string) {
        const api = await getResourceServerInfo(ctx as never, resource, client)
        return { scope: api.scope, write: async (token: AccessToken) => write(token, client, api) }
      },
    }
    const request = { client: toRequestingClient(client), resources: [], proof: undefined }
    try {
      return toTokenResponse(await type.issue(parameters, request, server))
    } catch (error) {
      failures.set(ctx, { error, ...(accepted && { accepted }) })
      throw error
    }
  }
  return {
    path: routes.token,
    events,
    findAnswer({ grant_type: name = '', ...parameters }) {
      const type = grantTypes.get(name)
      // The host may have registered a handler of its own.
      const isOwn = grantTypeHandlers.get(name) === handlers.get(name)
      const names = Object.keys(parameters)
      const isOrdinary =
        type?.required.every((one) => names.includes(one)) &&
        names.every((one) => type.parameters.includes(one))
      if (!isOpaque || !type || !isOwn || !isOrdinary) return undefined
      return async (client, ctx) => {
        ctx.state['grantType'] = name
        return client.grantTypeAllowed(name) ? issue(type, parameters, { client, ctx }) : undefined
      }
    },
  }
}

/** Writes an opaque access token as the framework's model writes it. */
function write(
  { value, lifetime, members }: AccessToken,
  { clientId }: Client,
  { audience }: ResourceServer,
): WrittenToken {
  const iat = Math.floor(Date.now() / 1000)
  const { accountId, grantId, gty, scope, sessionUid, sid } = members
  const payload = {
    iat,
    exp: iat + lifetime,
    accountId,
    grantId,
    gty,
    scope,
    ...(sessionUid !== undefined && { sessionUid }),
    ...(sid !== undefined && { sid }),
    kind: 'AccessToken',
    jti: value,
    clientId,
    aud: audience,
    extra: createJti(),
  }
  return { text: value, stored: { id: value, payload, lifetime } }
}
