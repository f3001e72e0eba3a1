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
    async createInitialAccessToken({ lifetime = defaultLifetime, scopes, subjectTypes } = {}) {
      if (!Number.isSafeInteger(lifetime) || lifetime < 1) {
        throw new RangeError('lifetime must be a whole number of seconds, 1 or more')
      }
      checkTexts('scopes', scopes)
      checkTexts('subjectTypes', subjectTypes, ['company', 'organization'])
      const token = generateCredential(initialAccessTokenStart)
      const expiresAt = Date.now() + lifetime * 1000
      const limits = { ...(scopes && { scopes }), ...(subjectTypes && { subjectTypes }) }
      const isLimited = Object.keys(limits).length > 0
      await records.upsert(token, isLimited ? { limits } : {}, lifetime)
      return { token, expiresAt }
    },
    endInitialAccessToken: (token) => records.destroy(token),
  }
}

/** @throws TypeError */
function checkTexts(name: string, value: unknown, known?: readonly string[]): void {
  if (value === undefined) return
  const isText = (one: unknown): boolean =>
    typeof one === 'string' && one !== '' && (known?.includes(one) ?? true)
  if (Array.isArray(value) && value.length > 0 && value.every(isText)) return
  throw new TypeError(`${name} must be a list of ${known?.join(' and ') ?? 'scopes'}, not empty`)
}
