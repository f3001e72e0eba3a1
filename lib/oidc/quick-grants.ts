import type { Context } from 'koa'
import type { Client, ResourceServer } from 'oidc-provider'
import type Provider from 'oidc-provider'
import type { Config } from '../config/config.ts'
import type { ConnectionTeller } from '../grants/events.ts'
import type { AccessToken, Found, WrittenToken } from '../grants/token-request.ts'
import { createJti, type TokenValues } from '../grants/token-values.ts'
import { createRequestValue } from '../http/request-context.ts'
import { routes } from '../paths.ts'
import {
  grantTypes,
  toRequestingClient,
  toSharedServer,
  toTokenResponse,
  type GrantType,
} from './grant-types.ts'
import { internalsOf } from './internals.ts'
import type { QuickEndpoint, RequestParameters } from './quick-requests.ts'

/** Why a request got no tokens. */
interface Failure {
  readonly error: unknown
  /** Present if its code or refresh token was good. */
  readonly accepted?: Found
}

const failures = createRequestValue<Failure>('failure')

/** Returns the failure of a quick answer. The request must not begin again: it may have ended its grant, or used something up. */
export const failureOf: (ctx: object) => Failure | undefined = failures.get

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
