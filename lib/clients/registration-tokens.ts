import { hash } from 'node:crypto'
import type { EventEmitter } from 'node:events'
import { isDeepStrictEqual } from 'node:util'
import { callListeners } from '../grants/events.ts'
import { refuseUnknown, toHint } from '../validation/did-you-mean.ts'
import type { RecordStorage } from '../storage.ts'
import type { ClientEvents, Clients, RegistrationTokens } from './clients.ts'
import { withoutEmpty } from './metadata-values.ts'
import { toRegisteredClient } from './registered-client.ts'
import { checkSeconds, toRefusal, type Registry } from './registration.ts'
import type { ClientMetadata } from './members.ts'
import { generateCredential } from './secrets.ts'
import type { ClientRecord, RegistrationLimits } from './stored-client.ts'

/** The prefix of every initial access token. */
export const initialAccessTokenStart = 'pleo_iat_'

/** In seconds. */
const defaultLifetime = 7 * 86_400

/** How often a registration with one token may be refused. Each attempt takes work, and ten are enough to get one right. */
const mostAttempts = 10

/** Makes the methods for the tokens with which clients register themselves. */
export function createInitialAccessTokens({
  storage,
  rules,
}: Pick<Registry, 'storage' | 'rules'>): Pick<
  Clients,
  'createInitialAccessToken' | 'endInitialAccessToken'
> {
  const records = storage.records('InitialAccessToken')
  return {
    async createInitialAccessToken(options = {}) {
      refuseUnknown(options, ['lifetime', 'scopes', 'subjectTypes'])
      const { lifetime = defaultLifetime, scopes, subjectTypes } = options
      checkSeconds('lifetime', lifetime, 1)
      checkList('scopes', scopes, rules.scopes)
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
  const hint = toHint(String(value[wrong]), known)
  throw new TypeError(`${name}[${wrong}] does not exist${hint}. There are ${known.join(', ')}`)
}

/** One attempt to register with an initial access token. */
export interface Attempt {
  /** The limits of the token. */
  readonly limits: RegistrationLimits | undefined
  /** The registration was refused. The last attempt ends the token. */
  refuse(): Promise<void>
  /** The registration was not decided, so it does not count. */
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

/** A hash of a registration access token. It has no key: it must outlive the keys of the storage, and nobody guesses 256 random bits. */
export const hashOf = (clientId: string, token: string): string =>
  hash('sha256', JSON.stringify([clientId, token]), 'base64url')

export const generateRegistrationToken = (): string => generateCredential('pleo_rat_')

/** No token has this hash. It tells all versions of this server that the client registered itself. */
const noToken = ''

/** Makes the methods for the tokens with which clients manage themselves. */
export function createRegistrationTokens({ store, events }: Registry): RegistrationTokens {
  const set = (clientId: string, accessToken: string): Promise<ClientRecord> =>
    store.change(clientId, ({ registration, ...current }) => {
      if (registration.accessToken === undefined) {
        const message = 'is for clients that registered themselves over HTTP only'
        throw toRefusal('registration_access_token', message)
      }
      return { ...current, registration: { ...registration, accessToken } }
    })
  return {
    events,
    async rotateRegistrationToken(clientId) {
      const token = generateRegistrationToken()
      const record = await set(clientId, hashOf(clientId, token))
      return { client: toRegisteredClient(record), token }
    },
    async endRegistrationToken(clientId) {
      return toRegisteredClient(await set(clientId, noToken))
    },
  }
}

/** Tells the host which members a client changed of itself. */
export function tellChange(
  events: EventEmitter<ClientEvents>,
  before: object,
  after: ClientMetadata,
): void {
  const members = changedMembers(before, after)
  if (members.length === 0) return
  const event = { clientId: after.client_id, members }
  callListeners(() => events.emit('client.changed_itself', event))
}

/** The names of the members that differ. */
export function changedMembers(before: object, after: ClientMetadata): readonly string[] {
  const [old, now] = [new Map(membersOf(before)), new Map(membersOf(after))]
  return [...new Set([...old.keys(), ...now.keys()])].filter(
    (name) => !isDeepStrictEqual(old.get(name), now.get(name)),
  )
}

const membersOf = (client: object): readonly (readonly [string, unknown])[] =>
  Object.entries(withoutEmpty(client))
