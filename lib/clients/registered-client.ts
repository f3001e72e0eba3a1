import { looksOf } from './name-index.ts'
import type { ClientMetadata } from './members.ts'
import { isLive } from './secrets.ts'
import { isUnvetted, type StoredClient, type StoredSecret } from './stored-client.ts'

/** A client with its new secret. */
export interface CreatedClient {
  readonly client: RegisteredClient
  /** Shown this once: only its hash is kept. `undefined` for a public client. */
  readonly secret: string | undefined
}

/** A registered client. Times are milliseconds since the epoch. */
export interface RegisteredClient {
  readonly clientId: string
  /** Its metadata, without secrets. */
  readonly metadata: ClientMetadata
  readonly createdAt: number
  readonly updatedAt: number
  readonly suspendedAt: number | undefined
  /** Whether its partner registered it, over HTTP. */
  readonly isSelfRegistered: boolean
  /**
   * Whether no other client may have a name that looks like one of this client. `false` for a client that registered itself
   * without an initial access token and is not verified.
   */
  readonly claimsNames: boolean
  /** Its live secrets, newest first: two at most. */
  readonly secrets: readonly ClientSecretInfo[]
}

/** A secret of a client, without its value. */
export interface ClientSecretInfo {
  readonly id: string
  readonly createdAt: number
  /** To about a minute. */
  readonly lastUsedAt: number | undefined
  readonly expiresAt: number | undefined
  /**
   * Whether it can be ended without a loss, as far as the server can tell: a newer one is in use, and this one was not used for
   * an hour, which is longer than a client at work goes without a new access token. If no use of it was noted, the
   * hour counts from when the newer one was made.
   */
  readonly isSafeToEnd: boolean
}

/**
 * How long a secret must not have been used until it is safe to end, in milliseconds: since its last use or, if none was
 * noted, since a newer one was made.
 */
export const secretIdleTime = 3_600_000

/** Returns a client without its secrets: only when each was made and used. */
export function toRegisteredClient({ metadata, registration }: StoredClient): RegisteredClient {
  const now = Date.now()
  const live = registration.secrets.filter((secret) => isLive(secret, now))
  return {
    clientId: metadata.client_id,
    metadata,
    createdAt: registration.createdAt,
    updatedAt: registration.updatedAt,
    suspendedAt: registration.suspendedAt,
    isSelfRegistered: registration.accessToken !== undefined,
    claimsNames: !isUnvetted(metadata, registration),
    secrets: live.map((secret, index) => toInfo(secret, live.slice(0, index), now)),
  }
}

function toInfo(
  { id, createdAt, lastUsedAt, expiresAt }: StoredSecret,
  newer: readonly StoredSecret[],
  now: number,
): ClientSecretInfo {
  const isNewerUsed = newer.some((one) => one.lastUsedAt !== undefined)
  const isIdle = now - (lastUsedAt ?? newer.at(-1)?.createdAt ?? now) >= secretIdleTime
  return { id, createdAt, lastUsedAt, expiresAt, isSafeToEnd: isNewerUsed && isIdle }
}

/** Returns those of some clients that claim no name, and have one that looks like a name of this client. */
export function lookAlikesAmong(
  clients: readonly RegisteredClient[],
  client: ClientMetadata,
): readonly RegisteredClient[] {
  const looks = looksOf(client)
  return clients.filter(
    (one) =>
      !one.claimsNames &&
      one.clientId !== client.client_id &&
      [...looksOf(one.metadata).keys()].some((look) => looks.has(look)),
  )
}
