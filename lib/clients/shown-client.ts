import type { ClientSecretInfo, RegisteredClient } from './clients.ts'
import { claimsNames, type ClientRecord } from './record.ts'
import { isLive, type StoredSecret } from './secrets.ts'

/**
 * How long a secret must not have been used until it is safe to end, in milliseconds: since its last use, or, where none was
 * noted, since a newer one was made.
 */
export const secretIdleTime = 3_600_000

/** A client as it is told of: nothing of its secrets but when they were made and used. */
export function toRegisteredClient(
  { metadata, registration }: Omit<ClientRecord, 'version'>,
  now: number,
): RegisteredClient {
  const live = registration.secrets.filter((secret) => isLive(secret, now))
  return {
    clientId: metadata.client_id,
    metadata,
    createdAt: registration.createdAt,
    updatedAt: registration.updatedAt,
    suspendedAt: registration.suspendedAt,
    isSelfRegistered: registration.accessToken !== undefined,
    claimsNames: claimsNames(metadata, registration),
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
