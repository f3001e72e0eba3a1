import { refuseUnknown } from '../config/did-you-mean.ts'
import { SigningKeyError } from '../errors.ts'
import { generateSigningKey } from '../provider/signing-keys.ts'
import type { RecordStorage } from '../storage.ts'
import { changeSchedule, createKeyStore, noStoredKeys } from './key-store.ts'
import { announce, bringUpToDate, giveUp, toInfos, type KeySchedule } from './schedule.ts'
import type { SigningKeys } from './signing-keys.ts'

/**
 * Makes the signing keys of a storage.
 *
 * @param onChange - told when they were changed here, to what, or that they may have been
 */
export function createStoredKeys(
  records: RecordStorage,
  onChange: (schedule: KeySchedule | undefined) => void = () => undefined,
): SigningKeys {
  const store = createKeyStore(records)
  return {
    async list() {
      const [schedule, now] = [await store.read(), Date.now()]
      return schedule ? toInfos(bringUpToDate(schedule, schedule, now), now) : []
    },
    async rotate(options = {}) {
      refuseUnknown(options, ['now'])
      const { now: isNow = false } = options
      const jwk = generateSigningKey()
      let changed: KeySchedule | undefined
      try {
        changed = await changeSchedule(store, (schedule, now) =>
          isNow
            ? giveUp(schedule, jwk, now)
            : announce(bringUpToDate(schedule, schedule, now), jwk, now),
        )
        return toInfos(changed, Date.now())
      } finally {
        onChange(changed)
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
