import { generateKeyPairSync } from 'node:crypto'
import Provider, { type JWK } from 'oidc-provider'
import { audience, client, cookieKeys, lifetimes, paths } from './fixture.ts'
import { createPlainStorage } from './plain-storage.ts'
import { serve } from './serve.ts'

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const signingKey = { ...(privateKey.export({ format: 'jwk' }) as JWK), alg: 'ES256', use: 'sig' }

// The framework with the same features on, the same client and the same rules on tokens, and with
// its own pages; nothing of this package.
serve({ login: { login: 'sofia', password: 'any' }, consent: {} }, (issuer) => {
  const provider = new Provider(issuer, {
    adapter: createPlainStorage(),
    clients: [client],
    clientDefaults: {
      grant_types: ['authorization_code', 'refresh_token'],
      id_token_signed_response_alg: 'ES256',
    },
    jwks: { keys: [signingKey] },
    routes: paths,
    responseTypes: ['code'],
    scopes: client.scope.split(' '),
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'none'],
    pkce: { required: () => true },
    cookies: { keys: cookieKeys },
    findAccount: (_ctx, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
    expiresWithSession: async () => false,
    issueRefreshToken: async (_ctx, { grantTypes }) =>
      grantTypes?.includes('refresh_token') === true,
    rotateRefreshToken: true,
    ttl: {
      AccessToken: lifetimes.accessToken,
      AuthorizationCode: lifetimes.authorizationCode,
      Grant: lifetimes.grant,
      Interaction: lifetimes.interaction,
      RefreshToken: lifetimes.refreshToken,
      Session: lifetimes.session,
    },
    features: {
      devInteractions: { enabled: true },
      userinfo: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      dPoP: { enabled: true },
      pushedAuthorizationRequests: { enabled: true },
      introspection: { enabled: true },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => audience,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          audience,
          scope: client.scope,
          accessTokenFormat: 'opaque',
        }),
      },
    },
  })
  const handle = provider.callback()
  return (request, response) => void handle(request, response)
})
