import {
  errors,
  type ClientMetadata,
  type Configuration,
  type JWKS,
  type KoaContextWithOIDC,
} from 'oidc-provider'
import { defaultGrantTypes, membersForFramework } from '../clients/members.ts'
import { toLocalized } from '../clients/stored-client.ts'
import type { Config } from '../config/config.ts'
import type { Lifetimes } from '../config/options.ts'
import { hasEmptyNonce } from '../validation/dpop-proof.ts'
import type { Renderer } from '../http/error-page.ts'
import type { ScopeCatalogue } from '../pleo/scopes.ts'
import { InvalidGrantError } from '../grants/issue.ts'
import { createJti } from '../grants/token-values.ts'
import { toSubjectClaims } from '../keys/jwt-access-tokens.ts'
import { toFindAccount } from './accounts.ts'
import { toProviderAdapter, type AdapterParts } from './adapter.ts'
import { needsProofKey, toParameterChecks } from './authorization-parameters.ts'
import { saveMove } from './interaction-outcomes.ts'
import { toTokenFeatures } from './token-policy.ts'
import type { Grant } from './internals.ts'
import { toPolicy } from './policy.ts'
import { toResourceIndicators } from './read-parameters.ts'
import { routes, toInteractionUrl } from '../paths.ts'
import { toSigningAlgorithm } from '../keys/generate.ts'

/** Maps the complete options to what oidc-provider takes. Reads and opens nothing. `create-provider.ts` then applies `configure`. */
export function toConfiguration(
  config: Config,
  renderError: Renderer,
  parts: Pick<AdapterParts, 'values' | 'teller' | 'clientRecords' | 'keepClient' | 'waiting'>,
): Configuration {
  const { storage, resourceServer } = config
  return {
    adapter: toProviderAdapter({
      storage,
      ...parts,
    }),
    clients: config.clients.map((client) => toClientMetadata(client)),
    routes,
    ...toClientConfiguration(resourceServer.scopes, config.signingKeys),
    extraParams: toParameterChecks(resourceServer.defaultScopes),
    allowOmittingSingleRegisteredRedirectUri: false,
    pkce: { required: (_ctx, client) => needsProofKey(client) },
    enabledJWA: { dPoPSigningAlgValues: [...config.dpopSigningAlgorithms] },
    clientBasedCORS: isOwnOrigin,
    cookies: toCookies(config),
    findAccount: toFindAccount(config.accounts),
    extraTokenClaims: createJti,
    ...(resourceServer.accessTokenFormat === 'jwt' && {
      formats: { customizers: { jwt: setJwtClaims } },
    }),
    interactions: {
      policy: toPolicy(config),
      url: async (ctx, { uid }) => {
        const { provider } = ctx.oidc
        if (ctx.oidc.route === 'resume') await saveMove(storage, { provider, ctx, next: uid })
        return toInteractionUrl(config.issuer, uid)
      },
    },
    // A grant belongs to one consent: two companies of one person never share one, scopes never pile up.
    loadExistingGrant: async ({ oidc }) => {
      const grantId = oidc.result?.consent?.grantId
      const grant = grantId === undefined ? undefined : await oidc.provider.Grant.find(grantId)
      return grant?.accountId === oidc.session?.accountId ? grant : undefined
    },
    // Connections outlive the sign-in that made them.
    expiresWithSession: async () => false,
    rotateRefreshToken: true,
    ttl: toTtl(config.lifetimes),
    renderError,
    features: toFeatures(config),
  }
}

/** All that decides which clients the framework takes. */
const toClientConfiguration = (scopes: ScopeCatalogue, signingKeys: JWKS): Configuration => ({
  jwks: signingKeys,
  responseTypes: ['code'],
  scopes: Object.keys(scopes),
  clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'none'],
  clientDefaults: {
    grant_types: [...defaultGrantTypes],
    id_token_signed_response_alg: toSigningAlgorithm(signingKeys),
  },
  extraClientMetadata: { properties: [...membersForFramework] },
  issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
  features: clientFeatures,
})

const clientFeatures = {
  devInteractions: { enabled: false },
  userinfo: { enabled: false },
  rpInitiatedLogout: { enabled: false },
  clientCredentials: { enabled: false },
  dPoP: { enabled: true, requireNonce: refuseEmptyNonce },
  pushedAuthorizationRequests: { enabled: true },
} as const

/** Seconds that a person has to sign in: until then, anybody may have sent the request. */
const anonymousLifetime = 600

/** The token endpoint gives access tokens and refresh tokens their lifetimes. */
const toTtl = (lifetimes: Lifetimes): NonNullable<Configuration['ttl']> => ({
  AuthorizationCode: lifetimes.authorizationCode,
  ClientCredentials: lifetimes.accessToken,
  Grant: lifetimes.grant,
  Interaction: (_ctx, { session }) =>
    session ? lifetimes.interaction : Math.min(lifetimes.interaction, anonymousLifetime),
  Session: lifetimes.session,
})

const toClientMetadata = (client: Config['clients'][number]): ClientMetadata =>
  ({ ...client, ...toLocalized(client) }) as ClientMetadata

// A public client in a browser asks from where its redirect URIs are; no other client is in one.
const isOwnOrigin: NonNullable<Configuration['clientBasedCORS']> = (_ctx, origin, client) =>
  client.clientAuthMethod === 'none' &&
  origin !== 'null' &&
  (client.redirectUris ?? []).some((uri) => URL.parse(uri)?.origin === origin)

const toFeatures = ({ resourceServer }: Config): NonNullable<Configuration['features']> => ({
  ...clientFeatures,
  ...toTokenFeatures(resourceServer.clientIds),
  resourceIndicators: toResourceIndicators(resourceServer),
})

type SetJwtClaims = NonNullable<
  NonNullable<NonNullable<Configuration['formats']>['customizers']>['jwt']
>

const setJwtClaims: SetJwtClaims = (ctx, token, { payload }) => {
  if (token.kind !== 'AccessToken') return
  // There is no request if a host makes a token by itself.
  const grant: Grant | undefined = (ctx as Partial<typeof ctx> | undefined)?.oidc?.entities.Grant
  const claims = toSubjectClaims(grant)
  if (!claims) throw new InvalidGrantError('the grant has no subject')
  Object.assign(payload, claims)
}

function toCookies({ issuer, cookieKeys }: Config): NonNullable<Configuration['cookies']> {
  const { protocol, port } = new URL(issuer)
  const secure = protocol === 'https:'
  // Browsers send cookies to every port of a host. With the port in their names, servers on two ports keep theirs apart.
  const suffix = port && `_${port}`
  const attributes = { signed: true, httpOnly: true, sameSite: 'lax', overwrite: true } as const
  return {
    keys: [...cookieKeys],
    // __Host- needs the path "/"; the two others live below paths of their own (RFC 6265bis, Section 4.1.3).
    names: {
      session: `${secure ? '__Host-' : ''}pleo_session${suffix}`,
      interaction: `${secure ? '__Secure-' : ''}pleo_interaction${suffix}`,
      resume: `${secure ? '__Secure-' : ''}pleo_resume${suffix}`,
    },
    long: { ...attributes, path: '/' },
    short: attributes,
  }
}

/** No nonce is required. The framework asks before it reads the proof, and fails at an empty one. */
function refuseEmptyNonce(ctx: KoaContextWithOIDC): boolean {
  if (hasEmptyNonce(ctx.get('DPoP'))) {
    throw new errors.InvalidDpopProof('DPoP nonces are not supported')
  }
  return false
}
