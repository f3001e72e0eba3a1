import { generateKeyPairSync } from 'node:crypto'
import { Redis } from 'ioredis'
import Provider, { type JWK } from 'oidc-provider'
import { audience, client, cookieKeys, lifetimes, paths } from '../fixture.ts'
import { countCommands, redisUrl, serve } from '../serve.ts'
import { createPlainAdapter } from './bare-adapter.ts'

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const signingKey = { ...(privateKey.export({ format: 'jwk' }) as JWK), alg: 'ES256', use: 'sig' }

// The framework with the same features, client and rules on tokens, and with its own pages. Nothing of this package.
serve((issuer) => {
  const provider = new Provider(issuer, {
    adapter: createPlainAdapter(countCommands(new Redis(redisUrl))),
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
  return provider.callback()
})
