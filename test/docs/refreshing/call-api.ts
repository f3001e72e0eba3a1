import { setTimeout } from 'node:timers/promises'
import * as oauth from 'openid-client'

/** What you store for each connection. */
export interface StoredTokens {
  readonly accessToken: string
  readonly refreshToken: string
  /** In milliseconds since the epoch. */
  readonly expiresAt: number
}

/** Your database. */
export interface TokenStore {
  /** Runs `work` while no other worker, in any process, runs `work` for the same connection. */
  lock(connection: string, work: () => Promise<string>): Promise<string>
  load(connection: string): Promise<StoredTokens>
  save(connection: string, tokens: StoredTokens): Promise<void>
}

const attempts = 3
const margin = 10_000 // milliseconds

/** Makes a `fetch` that sends the access token of a connection. Any number of workers may call it. */
export function createCallApi(configuration: oauth.Configuration, store: TokenStore) {
  const accessToken = (connection: string, rejected?: string): Promise<string> =>
    store.lock(connection, async () => {
      const stored = await store.load(connection)
      const isGood = stored.accessToken !== rejected && stored.expiresAt > Date.now() + margin
      if (isGood) return stored.accessToken // perhaps from another worker
      const answer = await refresh(configuration, stored.refreshToken)
      await store.save(connection, {
        accessToken: answer.access_token,
        refreshToken: answer.refresh_token ?? stored.refreshToken,
        expiresAt: Date.now() + (answer.expires_in ?? 0) * 1000,
      })
      return answer.access_token // only now: it is stored
    })

  return async (connection: string, url: URL): Promise<Response> => {
    const first = await accessToken(connection)
    const response = await send(url, first)
    if (response.status !== 401) return response
    return send(url, await accessToken(connection, first))
  }
}

const send = (url: URL, token: string): Promise<Response> =>
  fetch(url, { headers: { authorization: `Bearer ${token}` } })

/** If there is no usable answer, sends the same refresh token again. */
async function refresh(
  configuration: oauth.Configuration,
  refreshToken: string,
): Promise<oauth.TokenEndpointResponse> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await oauth.refreshTokenGrant(configuration, refreshToken)
    } catch (error) {
      if (isRefusal(error) || attempt === attempts) throw error
      await setTimeout(500 * attempt)
    }
  }
}

/** The server has answered, and would answer the same again. */
const isRefusal = (error: unknown): boolean =>
  error instanceof oauth.WWWAuthenticateChallengeError ||
  (error instanceof oauth.ResponseBodyError && error.status < 500)

/** The connection is over, and the customer has to connect again. */
export const isConnectionLost = (error: unknown): boolean =>
  error instanceof oauth.ResponseBodyError && error.error === 'invalid_grant'
