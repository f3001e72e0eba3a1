import {
  errors,
  type ClientMetadata,
  type Configuration,
  type JWKS,
  type KoaContextWithOIDC,
} from 'oidc-provider'
import { toLocalized } from '../clients/localized.ts'
import { defaultGrantTypes } from '../clients/metadata.ts'
import type { Config } from '../config/config.ts'
import { hasEmptyNonce } from '../dpop/proof.ts'
import type { Renderer } from '../http/error-page.ts'
import type { ScopeCatalogue } from '../pleo/scopes.ts'
import { setJwtClaims } from '../tokens/jwt-claims.ts'
import { toTokenIdentifier } from '../tokens/responses.ts'
import { toFindAccount } from './accounts.ts'
import { toProviderAdapter, type AdapterParts } from './adapter.ts'
import { needsProofKey, toParameterChecks } from './authorization-parameters.ts'
import { saveMove } from './outcomes.ts'
import { toTtl } from './lifetimes.ts'
import { toPolicy } from './policy.ts'
import { toResourceIndicators } from './resource.ts'
import { routes, toInteractionUrl } from './routes.ts'
import { toSigningAlgorithm } from './signing-keys.ts'

/** What clients register beyond RFC 7591, and in other languages: each is kept, and read as it was registered. */
const pleoClientMetadata = [
  'initiation_uri',
  'localized',
  'optional_scope',
  'pkce_exception',
  'settings_uri',
  'subject_type_preference',
  'test',
  'verified',
] as const

/** Maps the complete options to what oidc-provider takes. Reads and opens nothing. */
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
      audience: resourceServer.audience,
      repeatTimes: config,
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
    extraTokenClaims: toTokenIdentifier,
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
export const toClientConfiguration = (
  scopes: ScopeCatalogue,
  signingKeys: JWKS,
): Configuration => ({
  jwks: signingKeys,
  responseTypes: ['code'],
  scopes: Object.keys(scopes),
  clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'none'],
  clientDefaults: {
    grant_types: [...defaultGrantTypes],
    id_token_signed_response_alg: toSigningAlgorithm(signingKeys),
  },
  extraClientMetadata: { properties: [...pleoClientMetadata] },
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

const toClientMetadata = (client: Config['clients'][number]): ClientMetadata =>
  ({ ...client, ...toLocalized(client) }) as ClientMetadata

// A public client in a browser asks from where its redirect URIs are; no other client is in one.
const isOwnOrigin: NonNullable<Configuration['clientBasedCORS']> = (_ctx, origin, client) =>
  client.clientAuthMethod === 'none' &&
  origin !== 'null' &&
  (client.redirectUris ?? []).some((uri) => URL.parse(uri)?.origin === origin)

function toFeatures({ resourceServer }: Config): NonNullable<Configuration['features']> {
  const resourceServers = new Set(resourceServer.clientIds)
  return {
    ...clientFeatures,
    resourceIndicators: toResourceIndicators(resourceServer),
    introspection: {
      enabled: true,
      // A refresh token is nobody's business but its client's: shown to an API as active, it could
      // pass there for an access token.
      allowedPolicy: ({ oidc }, client, token) =>
        token.clientId === client.clientId ||
        (resourceServers.has(client.clientId) &&
          token.kind !== 'RefreshToken' &&
          // The framework takes it that there still is such a client.
          oidc.provider.Client.find(token.clientId ?? '').then((owner) => owner !== undefined)),
    },
    revocation: {
      enabled: true,
      allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId,
    },
  }
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
