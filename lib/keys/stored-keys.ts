import { SigningKeyError } from '../errors.ts'
import { generateSigningKey } from '../provider/signing-keys.ts'
import type { RecordStorage } from '../storage.ts'
import { changeSchedule, createKeyStore, noStoredKeys } from './key-store.ts'
import { announce, bringUpToDate, startAnew, toInfos } from './schedule.ts'
import type { SigningKeys } from './signing-keys.ts'

/**
 * Makes the signing keys of a storage.
 *
 * @param onChange - told when they were changed here, or may have been
 */
export function createStoredKeys(
  records: RecordStorage,
  onChange: () => void = () => undefined,
): SigningKeys {
  const store = createKeyStore(records)
  return {
    async list() {
      const [schedule, now] = [await store.read(), Date.now()]
      return schedule ? toInfos(bringUpToDate(schedule, schedule, now), now) : []
    },
    async rotate({ now: isNow = false } = {}) {
      const jwk = generateSigningKey()
      try {
        const changed = await changeSchedule(store, (schedule, now) =>
          isNow
            ? startAnew(schedule, jwk, now)
            : announce(bringUpToDate(schedule, schedule, now), jwk, now),
        )
        return toInfos(changed, Date.now())
      } finally {
        onChange()
      }
    },
  }
}

/** Those of a server that was given its keys. */
export const createGivenKeys = (): SigningKeys => ({
  list: async () => [],
  rotate: async () => {
    throw new SigningKeyError('no_stored_keys', noStoredKeys)
  },
})
