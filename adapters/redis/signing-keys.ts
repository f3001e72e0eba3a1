import type { RecordStorage } from '../../lib/storage.ts'
import { createPlaces, type StoreParts } from './places.ts'
import { findScript, resealScript } from './record-scripts.ts'
import { openPayload, sealPayload } from './storage-keys.ts'
import { createSwappedRecords } from './swapped-records.ts'

/**
 * Signing keys are one record. It must not be lost when an old storage key is removed, so each read seals it again with the newest
 * key.
 */
export function createSigningKeyRecords(parts: StoreParts): RecordStorage {
  const { commands, keys } = parts
  const records = createSwappedRecords(parts, 'SigningKeys', toName)
  const places = createPlaces(parts, 'signing-keys', toName)
  return {
    ...records,
    find: (id) =>
      places.first(id, async (key) => {
        const [found] = await commands.run(findScript, key)
        if (!found) return undefined
        const sealed = found as Buffer
        const payload = openPayload(keys, key, sealed, id)
        if (!keys.isFresh(sealed)) {
          const fresh = sealPayload(keys, key, id, payload)
          // It was read all the same; the next one who reads it tries again.
          await commands.run(resealScript, key, sealed, fresh).catch(() => undefined)
        }
        return payload
      }),
  }
}

/** The id is no secret. */
const toName = (id: string): string => id
