import { refuseUnknown } from '../validation/did-you-mean.ts'
import { ClientMetadataError } from '../errors.ts'
import type { Clients, RotationOptions } from './clients.ts'
import { toRegisteredClient } from './registered-client.ts'
import type { Registry } from './registration.ts'
import { isLive } from './secrets.ts'
import type { StoredSecret } from './stored-client.ts'

/** Makes the methods for the secrets of a client. */
export function createSecretMethods({
  store,
  secrets,
}: Pick<Registry, 'store' | 'secrets'>): Pick<Clients, 'rotateSecret' | 'endOldSecrets'> {
  return {
    async rotateSecret(clientId, options = {}) {
      checkRotation(options)
      const secret = secrets.generate()
      const added: StoredSecret = secrets.toStored(clientId, secret, Date.now())
      const record = await store.change(clientId, (current) => {
        const { metadata, registration } = current
        if (metadata.token_endpoint_auth_method === 'none') throw publicClient()
        const all = withNewSecret(registration.secrets, added, options)
        return { ...current, registration: { ...registration, secrets: all } }
      })
      return { client: toRegisteredClient(record), secret }
    },
    async endOldSecrets(clientId, options = {}) {
      refuseUnknown(options, ['ids'])
      const { ids } = options
      const record = await store.change(clientId, (current, now) => {
        const { registration } = current
        const live = registration.secrets.filter((one) => isLive(one, now))
        if (ids && live.map(({ id }) => id).join() !== ids.join()) throw changedSecrets()
        if (live.length < 2) return current
        return { ...current, registration: { ...registration, secrets: live.slice(0, 1) } }
      })
      return toRegisteredClient(record)
    },
  }
}

function changedSecrets(): Error {
  const message = 'are not those that were looked at: look again'
  return new ClientMetadataError([{ path: 'secrets', code: 'secrets_changed', message }])
}

function publicClient(): Error {
  const message = 'is "none": a public client has no secret'
  const path = 'token_endpoint_auth_method'
  return new ClientMetadataError([{ path, code: 'invalid_client', message }])
}

/** How long a secret goes on working after the next one was made, in seconds. */
const defaultEndsIn = 7 * 86_400

/** The longest lifetime of an initial access token, and of an old secret, in seconds. */
export const longestLifetime: number = 365 * 86_400

/**
 * Returns the secret that goes on if there are two: the one that was used last. If no use was noted, it is the older one, as the newer
 * one may never have arrived.
 *
 * @param secrets - the living ones, newest first
 */
export const findInUse = <T extends { readonly lastUsedAt?: number | undefined }>(
  secrets: readonly T[],
): T | undefined =>
  secrets.toReversed().toSorted((one, other) => (other.lastUsedAt ?? 0) - (one.lastUsedAt ?? 0))[0]

/**
 * Returns the secrets of a client after a rotation: the new one, and the one in use before it, which gets an end.
 *
 * @param secrets - newest first
 */
function withNewSecret(
  secrets: readonly StoredSecret[],
  added: StoredSecret,
  { now: isNow = false, oldEndsIn = defaultEndsIn }: RotationOptions,
): readonly StoredSecret[] {
  if (secrets.some(({ id }) => id === added.id)) return secrets
  const now = added.createdAt
  const inUse = findInUse(secrets.filter((secret) => isLive(secret, now)))
  const expiresAt = Math.min(inUse?.expiresAt ?? Infinity, now + oldEndsIn * 1000)
  return inUse && !isNow && oldEndsIn > 0 ? [added, { ...inUse, expiresAt }] : [added]
}

/** @throws RangeError, TypeError */
function checkRotation(options: RotationOptions): void {
  refuseUnknown(options, ['now', 'oldEndsIn'])
  const { oldEndsIn = defaultEndsIn } = options
  if (Number.isSafeInteger(oldEndsIn) && oldEndsIn >= 0 && oldEndsIn <= longestLifetime) return
  throw new RangeError(
    `oldEndsIn must be a whole number of seconds from 0 to ${longestLifetime} (365 days)`,
  )
}
