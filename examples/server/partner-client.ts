import * as oauth from 'openid-client'
import type { ConfidentialClient } from './clients.ts'
import { createDiscovery } from './discovery.ts'

/** What a connection is for. */
export type Kind = 'company' | 'organization'

/** An authorization request that went out, until its answer comes. */
export interface PendingRequest {
  readonly kind: Kind
  readonly state: string
  readonly codeVerifier: string
}

/** What the partner application holds once it is connected. */
export interface Connection {
  readonly kind: Kind
  readonly accessToken: string
  readonly refreshToken: string
  readonly scope: string
  /** When the access token ends, in milliseconds since the epoch. */
  readonly expiresAt: number
}

/** The OAuth side of the partner application. */
export interface PartnerClient {
  /** Where to send the browser, and what to remember until it comes back with `state`. */
  readonly start: (kind: Kind) => Promise<{ readonly url: URL; readonly pending: PendingRequest }>
  /** Takes the answer the browser came back with. */
  readonly finish: (url: URL, pending: PendingRequest) => Promise<Connection>
  readonly refresh: (connection: Connection) => Promise<Connection>
  readonly introspect: (kind: Kind, token: string) => Promise<oauth.IntrospectionResponse>
  /** Ends the connection: revoking the refresh token ends every token of the grant (RFC 7009). */
  readonly revoke: (connection: Connection) => Promise<void>
}

/** Makes the OAuth side of the partner application, with a published client. */
export function createPartnerClient(
  issuer: string,
  clients: Readonly<Record<Kind, ConfidentialClient>>,
): PartnerClient {
  const discover = {
    company: createDiscovery(issuer, clients.company),
    organization: createDiscovery(issuer, clients.organization),
  }

  return {
    async start(kind) {
      const { redirect_uris: [redirectUri = ''] = [], scope = '' } = clients[kind]
      const configuration = await discover[kind]()
      const state = oauth.randomState()
      const codeVerifier = oauth.randomPKCECodeVerifier()
      const url = oauth.buildAuthorizationUrl(configuration, {
        redirect_uri: redirectUri,
        scope,
        state,
        code_challenge: await oauth.calculatePKCECodeChallenge(codeVerifier),
        code_challenge_method: 'S256',
      })
      return { url, pending: { kind, state, codeVerifier } }
    },

    async finish(url, { kind, state, codeVerifier }) {
      // Checks state, and iss, which the metadata promises (RFC 9207).
      const answer = await oauth.authorizationCodeGrant(await discover[kind](), url, {
        expectedState: state,
        pkceCodeVerifier: codeVerifier,
      })
      return toConnection(kind, answer)
    },

    async refresh({ kind, refreshToken }) {
      return toConnection(kind, await oauth.refreshTokenGrant(await discover[kind](), refreshToken))
    },

    async introspect(kind, token) {
      return oauth.tokenIntrospection(await discover[kind](), token)
    },

    async revoke({ kind, refreshToken }) {
      const hint = { token_type_hint: 'refresh_token' }
      await oauth.tokenRevocation(await discover[kind](), refreshToken, hint)
    },
  }
}

function toConnection(kind: Kind, answer: oauth.TokenEndpointResponse): Connection {
  if (!answer.refresh_token) throw new Error('the answer holds no refresh token')
  return {
    kind,
    accessToken: answer.access_token,
    refreshToken: answer.refresh_token,
    scope: answer.scope ?? '',
    expiresAt: Date.now() + (answer.expires_in ?? 0) * 1000,
  }
}
