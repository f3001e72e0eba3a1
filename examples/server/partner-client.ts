import { setTimeout } from 'node:timers/promises'
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
  /** Where the browser was sent. */
  readonly url: string
  /** When it was sent there, in milliseconds since the epoch. */
  readonly startedAt: number
}

/** What the partner application holds once it is connected. */
export interface Connection {
  readonly kind: Kind
  readonly accessToken: string
  readonly refreshToken: string
  readonly scope: string
  /** When the access token ends, in milliseconds since the epoch. */
  readonly expiresAt: number
  /** How long it lives in all, in milliseconds. */
  readonly lifetime: number
}

/** The OAuth side of the partner application. */
export interface PartnerClient {
  /** Where to send the browser, and what to remember until it comes back with `state`. */
  readonly start: (kind: Kind) => Promise<PendingRequest>
  /** Takes the answer the browser came back with. */
  readonly finish: (url: URL, pending: PendingRequest) => Promise<Connection>
  /** A new pair of tokens; `undefined` if the connection is over, which nothing but `invalid_grant` says. */
  readonly refresh: (connection: Connection) => Promise<Connection | undefined>
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
      return { kind, state, codeVerifier, url: url.href, startedAt: Date.now() }
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
      const answer = await refresh(await discover[kind](), refreshToken)
      return answer && toConnection(kind, answer)
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

const attempts = 3

async function refresh(
  configuration: oauth.Configuration,
  refreshToken: string,
): Promise<oauth.TokenEndpointResponse | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await oauth.refreshTokenGrant(configuration, refreshToken)
    } catch (error) {
      const isRefused = error instanceof oauth.ResponseBodyError && error.status < 500
      if (isRefused && error.error === 'invalid_grant') return undefined
      const isFinal = isRefused || error instanceof oauth.WWWAuthenticateChallengeError
      if (isFinal || attempt === attempts) throw error
      // Perhaps only the answer was lost: the same refresh token gets the same answer again.
      await setTimeout(500 * attempt)
    }
  }
}

function toConnection(kind: Kind, answer: oauth.TokenEndpointResponse): Connection {
  if (!answer.refresh_token) throw new Error('the answer holds no refresh token')
  const lifetime = (answer.expires_in ?? 0) * 1000
  return {
    kind,
    accessToken: answer.access_token,
    refreshToken: answer.refresh_token,
    scope: answer.scope ?? '',
    expiresAt: Date.now() + lifetime,
    lifetime,
  }
}
