import type { Storage } from '../storage.ts'
import type { Clients } from './clients.ts'
import { generateCredential } from './secrets.ts'

/** How every such token begins. */
export const initialAccessTokenStart = 'pleo_iat_'

/** Seconds. */
const defaultLifetime = 7 * 86_400

/** Makes and ends the tokens with which clients register themselves. */
export function createInitialAccessTokens(
  storage: Storage,
): Pick<Clients, 'createInitialAccessToken' | 'endInitialAccessToken'> {
  const records = storage.records('InitialAccessToken')
  return {
    async createInitialAccessToken({ lifetime = defaultLifetime } = {}) {
      if (!Number.isSafeInteger(lifetime) || lifetime < 1) {
        throw new RangeError('lifetime must be a whole number of seconds, 1 or more')
      }
      const token = generateCredential(initialAccessTokenStart)
      const expiresAt = Date.now() + lifetime * 1000
      await records.upsert(token, {}, lifetime)
      return { token, expiresAt }
    },
    endInitialAccessToken: (token) => records.destroy(token),
  }
}
