import type { StoredPayload } from '../../lib/storage.ts'
import type { StorageKeys } from './storage-keys.ts'

/**
 * Seals a payload for its place. A `jti` that equals the id is left out: the caller knows it, and it is a credential, so it is not
 * stored at all.
 */
export function sealPayload(
  keys: StorageKeys,
  place: string,
  id: string,
  payload: StoredPayload,
): Buffer {
  const { jti, ...others } = payload
  return keys.seal(place, JSON.stringify(jti === id ? [others] : [payload, false]))
}

/** The payload of that id, as it was. Without `id`, a `jti` that was left out stays so. */
export function openPayload(
  keys: StorageKeys,
  place: string,
  sealed: Buffer,
  id?: string,
): StoredPayload {
  const [payload, isWithout = true] = JSON.parse(keys.open(place, sealed)) as [
    StoredPayload,
    boolean?,
  ]
  return isWithout && id !== undefined ? { ...payload, jti: id } : payload
}
