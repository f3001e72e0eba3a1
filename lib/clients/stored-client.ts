import { randomBytes, randomUUID } from 'node:crypto'
import type { SubjectType } from '../pleo/subject.ts'
import type { RecordStorage, Storage, StoredPayload } from '../storage.ts'
import type { ClientMetadata } from './members.ts'

/** A registered client, as it is stored: its metadata, and this. Times are milliseconds since the epoch. */
export interface Registration {
  readonly createdAt: number
  readonly updatedAt: number
  readonly suspendedAt?: number
  /** Whether somebody began to remove it. Everybody who may remove it may finish the removal. */
  readonly isRemoving?: boolean
  /** When it ends if no person grants it anything until then; absent: never. A time in the past means nothing. */
  readonly endsAt?: number
  /** Newest first. */
  readonly secrets: readonly StoredSecret[]
  /** Hash of the registration access token, of a client that registered itself. */
  readonly accessToken?: string
  /** Whether the client registered itself without an initial access token, as anybody could. */
  readonly isOpen?: boolean
  /** The limits of the initial access token that it came with: they count for all its changes. */
  readonly limits?: RegistrationLimits
}

/** The most that clients that register themselves can have. */
export interface RegistrationLimits {
  /** Of the scopes of the resource server. */
  readonly scopes?: readonly string[]
  readonly subjectTypes?: readonly SubjectType[]
}

/** A client secret as it is kept: by its hash. Times are milliseconds since the epoch. */
export interface StoredSecret {
  readonly id: string
  /** HMAC-SHA256 of client id and secret. */
  readonly hash: string
  readonly createdAt: number
  /** Absent: no end. */
  readonly expiresAt?: number
  readonly lastUsedAt?: number
}

/** A client that is stored, or is to be. */
export interface StoredClient {
  readonly metadata: ClientMetadata
  readonly registration: Registration
}

/** A registered client as one read of it. */
export interface ClientRecord extends StoredClient {
  /** Of what was read; absent if the framework, or a host, stored the client as it came. */
  readonly version: string | undefined
}

/**
 * The secret that the framework sees of a client whose secrets are hashes, because it asks for one. It is never stored and never
 * compared. Every process has another one.
 */
export const hashedSecret: string = randomBytes(32).toString('base64url')

/**
 * Returns stored clients as the framework sees them. It does not see a suspended client, so that every endpoint treats it as one
 * that does not exist. A client that was stored with a plain secret passes unchanged.
 */
export const toFrameworkClients = (records: RecordStorage): RecordStorage => ({
  ...records,
  async find(id) {
    const payload = await records.find(id)
    const isSuspended = registrationOf(payload)?.suspendedAt !== undefined
    return payload && !isSuspended ? toShownClientMetadata(payload) : undefined
  },
})

/** The metadata of a stored client as the framework sees it, also if it is suspended: people may still see its connections. */
export function toShownClientMetadata(payload: StoredPayload): StoredPayload {
  const { registration: _, version: __, ...members } = payload
  const metadata: StoredPayload = { ...members, ...toLocalized(members) }
  const isPublic = metadata['token_endpoint_auth_method'] === 'none'
  return !registrationOf(payload) || isPublic
    ? metadata
    : { ...metadata, client_secret: hashedSecret }
}

/** The members with a language tag, in one member: the framework keeps no member that it is not told the name of. */
export const toLocalized = (
  client: object,
): { readonly localized?: Readonly<Record<string, string>> } => {
  const entries = Object.entries(client).filter(([name]) => name.includes('#'))
  return entries.length === 0 ? {} : { localized: Object.fromEntries(entries) }
}

/** The data that this server keeps beside the metadata; `undefined` for a client that was stored without any. */
export function registrationOf(payload: StoredPayload | undefined): Registration | undefined {
  const registration: unknown = payload?.['registration']
  return isRegistration(registration) ? registration : undefined
}

const isRegistration = (value: unknown): value is Registration =>
  Array.isArray((Object(value) as Partial<Registration>).secrets)

/**
 * Takes a stored client apart.
 *
 * @param secrets - makes a hash of a secret that was stored as it is: it is stored with the next change
 */
export function toClientRecord(
  payload: StoredPayload,
  secrets: { toStored(clientId: string, secret: string, now: number): StoredSecret },
): ClientRecord {
  const { registration: _, version, client_secret: plain, ...others } = payload
  const metadata = others as unknown as ClientMetadata
  const known = registrationOf(payload)
  if (known) return { metadata, version, registration: known }
  const issuedAt = Number(metadata['client_id_issued_at' as keyof ClientMetadata])
  const createdAt = issuedAt > 0 ? issuedAt * 1000 : Date.now()
  const stored =
    typeof plain === 'string' ? [secrets.toStored(metadata.client_id, plain, createdAt)] : []
  return { metadata, version, registration: { createdAt, updatedAt: createdAt, secrets: stored } }
}

/** A client to store, in a version of its own. */
export const toPayload = ({ metadata, registration }: StoredClient): StoredPayload => ({
  ...metadata,
  registration,
  version: randomUUID(),
})

/** Seconds until a client ends. `undefined` if it never does, as every client that the operator verified. */
export function lifetimeOf({
  metadata,
  registration: { endsAt },
}: StoredClient): number | undefined {
  const now = Date.now()
  const isTemporary = endsAt !== undefined && endsAt > now && metadata.verified !== true
  return isTemporary ? Math.ceil((endsAt - now) / 1000) : undefined
}

/**
 * Whether anybody could have made the client: it is from open registration, and the operator did not verify it. It claims no names,
 * so other clients may have a name that looks like one of its names.
 */
export const isUnvetted = (client: object, registration: Registration | undefined): boolean =>
  registration?.isOpen === true && (client as Partial<ClientMetadata>).verified !== true

/** How long a process may not see a change by another one that does not tell it, in milliseconds. */
export const maxAge = 1000

/** How many clients are kept. */
const maxClients = 1000

/** Keeps stored clients for a moment: every request asks for one, and they hardly ever change. */
export function cacheClients(storage: Storage): RecordStorage {
  const records = storage.records('Client')
  const entries = new Map<string, { readonly record: StoredPayload; readonly until: number }>()
  // Counts changes: a client that was read before a change is not kept after it.
  let changes = 0
  storage.onClientChange((id) => {
    changes += 1
    entries.delete(id)
  })
  return {
    ...records,
    async find(id) {
      const entry = entries.get(id)
      if (entry && entry.until > performance.now()) return entry.record
      entries.delete(id)
      const before = changes
      // The time counts from before the read, so that no client is taken for unchanged for longer.
      const until = performance.now() + maxAge
      const record = await records.find(id)
      if (record && changes === before) {
        if (entries.size >= maxClients) entries.clear()
        entries.set(id, { record, until })
      }
      return record
    },
  }
}
