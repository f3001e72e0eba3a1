import { refuseUnknown } from '../config/did-you-mean.ts'
import type { RecordStorage } from '../storage.ts'
import type { Clients } from './clients.ts'
import type { RegistrationLimits } from './offer.ts'
import type { Registry } from './registry.ts'
import { longestLifetime } from './rotation.ts'
import { generateCredential } from './secrets.ts'

/** How every such token begins. */
export const initialAccessTokenStart = 'pleo_iat_'

/** Seconds. */
const defaultLifetime = 7 * 86_400

/** How often a registration with one token may be refused: each takes work, and nobody needs so many to get one right. */
const mostAttempts = 10

/** Makes and ends the tokens with which clients register themselves. */
export function createInitialAccessTokens(
  registry: Pick<Registry, 'storage' | 'scopes'>,
): Pick<Clients, 'createInitialAccessToken' | 'endInitialAccessToken'> {
  const records = registry.storage.records('InitialAccessToken')
  return {
    async createInitialAccessToken(options = {}) {
      refuseUnknown(options, ['lifetime', 'scopes', 'subjectTypes'])
      const { lifetime = defaultLifetime, scopes, subjectTypes } = options
      if (!Number.isSafeInteger(lifetime) || lifetime < 1 || lifetime > longestLifetime) {
        throw new RangeError(
          `lifetime must be a whole number of seconds from 1 to ${longestLifetime} (365 days)`,
        )
      }
      checkList('scopes', scopes, registry.scopes)
      checkList('subjectTypes', subjectTypes, ['company', 'organization'])
      const token = generateCredential(initialAccessTokenStart)
      const expiresAt = Date.now() + lifetime * 1000
      const limits = { ...(scopes && { scopes }), ...(subjectTypes && { subjectTypes }) }
      const isLimited = scopes !== undefined || subjectTypes !== undefined
      await records.upsert(token, { expiresAt, ...(isLimited && { limits }) }, lifetime)
      return { token, expiresAt }
    },
    endInitialAccessToken: (token) => records.destroy(token),
  }
}

/** @throws TypeError */
function checkList(name: string, value: unknown, known: readonly string[]): void {
  if (value === undefined) return
  if (!Array.isArray(value) || value.length === 0)
    throw new TypeError(`${name} must be a list, and not empty. There are ${known.join(', ')}`)
  const wrong = value.findIndex((one) => !known.includes(one as string))
  if (wrong === -1) return
  throw new TypeError(`${name}[${wrong}] does not exist. There are ${known.join(', ')}`)
}

/** One attempt to register with an initial access token. */
export interface Attempt {
  /** The limits of the token. */
  readonly limits: RegistrationLimits | undefined
  /** The registration was refused. The last attempt ends the token. */
  refuse(): Promise<void>
  /** It was not decided, so it does not count. */
  forget(): Promise<void>
}

/**
 * Begins an attempt to register with a token, before any work is done for it. Returns undefined if the token is not good, or has no
 * attempt left. The attempts are records of their own, so processes cannot count one twice. A space keeps their ids from being tokens.
 */
export async function beginAttempt(
  records: RecordStorage,
  token: string,
): Promise<Attempt | undefined> {
  const found = await records.find(token)
  if (!found) return undefined
  // Tokens that an earlier version made do not say when they end.
  const { expiresAt = Date.now() + defaultLifetime * 1000 } = found
  const lifetime = Math.max(1, Math.ceil((Number(expiresAt) - Date.now()) / 1000))
  for (let attempt = 1; attempt <= mostAttempts; attempt += 1) {
    const id = `${token} ${attempt}`
    if (!(await records.insert(id, {}, lifetime))) continue
    return {
      limits: found['limits'] as RegistrationLimits | undefined,
      async refuse() {
        if (attempt === mostAttempts) await records.destroy(token)
      },
      forget: async () => void (await records.destroy(id)),
    }
  }
  return undefined
}
