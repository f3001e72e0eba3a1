import { randomBytes, randomUUID } from 'node:crypto'
import type { StoredPayload } from '../storage.ts'
import { toLocalized } from './localized.ts'
import type { ClientMetadata } from './metadata.ts'
import type { RegistrationLimits } from './offer.ts'
import type { ClientSecrets, StoredSecret } from './secrets.ts'

/** A registered client, as it is stored: its metadata, and this. Times are milliseconds since the epoch. */
export interface Registration {
  readonly createdAt: number
  readonly updatedAt: number
  readonly suspendedAt?: number
  /** Whether somebody began to remove it, which whoever may remove it may finish. */
  readonly isRemoving?: boolean
  /** When it ends if nobody was granted anything by it until then; absent: never. In the past it means nothing. */
  readonly endsAt?: number
  /** Newest first. */
  readonly secrets: readonly StoredSecret[]
  /** Hash of the registration access token, of a client that registered itself. */
  readonly accessToken?: string
  /** Whether the client registered itself without an initial access token, as anybody could. */
  readonly isOpen?: boolean
  /** What the initial access token that it came with allows at most, whatever it changes. */
  readonly limits?: RegistrationLimits
}

/** A registered client as one read of it. */
export interface ClientRecord {
  readonly metadata: ClientMetadata
  readonly registration: Registration
  /** Of what was read; absent where it was stored by the framework, or by a host, as it came. */
  readonly version: string | undefined
}

/**
 * What the framework takes for the secret of a client whose secrets are hashes: it wants some. It is never
 * stored and never compared; another one in every process.
 */
export const hashedSecret: string = randomBytes(32).toString('base64url')

/**
 * What the framework sees of a stored client; nothing while it is suspended, so that every endpoint treats it as one
 * that is not there. One that was stored with its secret as it is passes as it is.
 */
export function toFrameworkClient(payload: StoredPayload | undefined): StoredPayload | undefined {
  const { registration } = payload ?? {}
  const isSuspended = isRegistration(registration) && registration.suspendedAt !== undefined
  return payload && !isSuspended ? toShownClientMetadata(payload) : undefined
}

/** The same for a client that is suspended, too: of that, people may still see what is connected. */
export function toShownClientMetadata(payload: StoredPayload): StoredPayload {
  const { registration, version: _, ...members } = payload
  const metadata: StoredPayload = { ...members, ...toLocalized(members) }
  if (!isRegistration(registration)) return metadata
  const isPublic = metadata['token_endpoint_auth_method'] === 'none'
  return isPublic ? metadata : { ...metadata, client_secret: hashedSecret }
}

/** The secrets of a stored client, where they are hashes. */
export const secretsOf = (payload: StoredPayload | undefined): readonly StoredSecret[] =>
  isRegistration(payload?.['registration']) ? payload['registration'].secrets : []

/**
 * Takes a stored client apart. A secret that was stored as it is becomes a hash, with which it is stored at the
 * next change.
 */
export function toClientRecord(
  payload: StoredPayload,
  secrets: ClientSecrets,
  now: number,
): ClientRecord {
  const { registration, version, client_secret: plain, ...others } = payload
  const metadata = others as unknown as ClientMetadata
  if (isRegistration(registration)) return { metadata, version, registration }
  const issuedAt = Number(metadata['client_id_issued_at' as keyof ClientMetadata])
  const createdAt = issuedAt > 0 ? issuedAt * 1000 : now
  const stored =
    typeof plain === 'string' ? [secrets.toStored(metadata.client_id, plain, createdAt)] : []
  return { metadata, version, registration: { createdAt, updatedAt: createdAt, secrets: stored } }
}

/** A client to store, in a version of its own. */
export const toPayload = ({
  metadata,
  registration,
}: Omit<ClientRecord, 'version'>): StoredPayload => ({
  ...metadata,
  registration,
  version: randomUUID(),
})

/** How long a client is still to be stored, in seconds; undefined: for ever, as one that the operator verified. */
export function lifetimeOf(
  { metadata, registration: { endsAt } }: Omit<ClientRecord, 'version'>,
  now: number,
): number | undefined {
  const isTemporary = endsAt !== undefined && endsAt > now && metadata.verified !== true
  return isTemporary ? Math.ceil((endsAt - now) / 1000) : undefined
}

/** When a stored client ends; undefined: never. */
export const endOf = (payload: StoredPayload | undefined): number | undefined =>
  isRegistration(payload?.['registration']) ? payload['registration'].endsAt : undefined

/** Whether anybody could have made the client: it is from open registration, and the operator did not verify it. */
export const isUnvetted = (client: object, registration: unknown): boolean =>
  isRegistration(registration) &&
  registration.isOpen === true &&
  (client as Partial<ClientMetadata>).verified !== true

/** Whether no other client may have a name that looks like one of this client. */
export const claimsNames = (client: object, registration: unknown): boolean =>
  !isUnvetted(client, registration)

const isRegistration = (value: unknown): value is Registration =>
  Array.isArray((Object(value) as Partial<Registration>).secrets)
