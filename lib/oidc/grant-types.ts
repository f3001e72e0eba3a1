import type { Client } from 'oidc-provider'
import type { Config } from '../config/config.ts'
import type { ConnectionTeller } from '../grants/events.ts'
import { redeem } from '../grants/redeem.ts'
import { refresh, type RefreshingServer } from '../grants/refresh.ts'
import type { IssuedTokens, RequestingClient, TokenRequest } from '../grants/token-request.ts'
import type { TokenValues } from '../grants/token-values.ts'
import type { GrantInfo } from '../pleo/accounts.ts'

/** Parameters of the token endpoint. */
export type GrantParameters = Readonly<
  Partial<Record<'code' | 'code_verifier' | 'redirect_uri' | 'refresh_token' | 'scope', string>>
>

/** A grant type of the token endpoint. */
export interface GrantType {
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
