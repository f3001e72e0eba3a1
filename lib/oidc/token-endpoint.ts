import type Provider from 'oidc-provider'
import { errors, type TokenEndpointGrantContext } from 'oidc-provider'
import { checkDpopReplay, validateDpop } from 'oidc-provider/lib/helpers/grants.js'
import type { Config } from '../config/config.ts'
import { ProtocolError } from '../errors.ts'
import type { ConnectionTeller } from '../grants/events.ts'
import type { Api, Found, Proof, TokenRequest } from '../grants/token-request.ts'
import type { TokenValues } from '../grants/token-values.ts'
import { usedProof } from '../validation/dpop-proof.ts'
import { explainProof } from './endpoint-errors.ts'
import {
  grantTypes,
  toRequestingClient,
  toSharedServer,
  toTokenResponse,
  type GrantParameters,
} from './grant-types.ts'
import { internalsOf } from './internals.ts'
import { failureOf } from './quick-grants.ts'
import { setEntities, tellOfTokens, tellProvider, writeModel } from './token-models.ts'

/** A request at the token endpoint. No parameter but `resource` may be sent twice. */
type Context = TokenEndpointGrantContext<GrantParameters>

/**
 * Makes the token endpoint issue tokens with the functions of `grants/`, in place of the framework's own handlers. The framework
 * authenticates the client and renders errors. It drops every parameter that is not named here.
 */
export function registerGrants(
  provider: Provider,
  config: Config,
  told: { readonly values: TokenValues; readonly teller: ConnectionTeller },
): void {
  const shared = toSharedServer(config, told)
  const keepsJwts = config.resourceServer.accessTokenFormat === 'jwt'
  const { resourceIndicators } = internalsOf(provider).configuration.features
  const toServer = (ctx: Context) => ({
    ...shared,
    teller: tellProvider(ctx, told.teller),
    onAccepted: (found: Found) => setEntities(ctx, found),
    async findApi(resource: string): Promise<Api> {
      const api = await resourceIndicators.getResourceServerInfo(ctx, resource, ctx.oidc.client)
      const toWritten = { resource, api, keepsJwts }
      return { scope: api.scope, write: (token) => writeModel(ctx, token, toWritten) }
    },
  })
  for (const [name, { parameters, required, issue }] of grantTypes) {
    const handle = async (ctx: Context): Promise<void> => {
      checkPresence(ctx.oidc.params, required)
      rethrow(ctx)
      const issued = await issue(ctx.oidc.params, await readRequest(ctx), toServer(ctx))
      tellOfTokens(ctx, issued)
      ctx.body = toTokenResponse(issued)
    }
    provider.registerGrantType(name, handle, [...parameters, 'resource'], 'resource')
  }
}

/** Fails as the quick answer to this request did. */
function rethrow(ctx: Context): void {
  const failure = failureOf(ctx)
  if (!failure) return
  if (failure.accepted) setEntities(ctx, failure.accepted)
  throw failure.error
}

function checkPresence(params: GrantParameters, required: readonly string[]): void {
  const missing = required.filter((name) => params[name as keyof GrantParameters] === undefined)
  if (missing.length === 0) return
  const names = missing.map((name) => `'${name}'`).join(' and ')
  const description = `missing required parameter${missing.length > 1 ? 's' : ''} ${names}`
  throw new ProtocolError('invalid_request', description)
}

async function readRequest(ctx: Context): Promise<TokenRequest> {
  const { client, params } = ctx.oidc
  return {
    client: toRequestingClient(client),
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
