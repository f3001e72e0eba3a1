import { refuseUnknown } from '../validation/did-you-mean.ts'
import { SigningKeyError } from '../errors.ts'
import type { RecordStorage } from '../storage.ts'
import { generateSigningKey } from './generate.ts'
import { changeSchedule, createKeyStore, noStoredKeys } from './key-store.ts'
import {
  announce,
  bringUpToDate,
  giveUp,
  toInfos,
  type KeySchedule,
  type SigningKeyInfo,
} from './schedule.ts'

export type { SigningKeyInfo } from './schedule.ts'

/** The signing keys in the storage (`signingKeys: 'stored'`). */
export interface SigningKeys {
  /** Lists the published keys, from the oldest to the newest. Empty until a server made the first one. */
  list(): Promise<readonly SigningKeyInfo[]>

  /**
   * Makes a new key. It is announced now, and all processes use it after `lifetimes.keyAnnouncement`. The key before it is
   * retired `lifetimes.keyRetirement` after that. Nobody has to do anything then. If two processes rotate at once, one of them
   * does. Resolves to the keys after the change.
   *
   * @throws {@link SigningKeyError} if the key that was announced last is not in use yet, or if the storage has no keys to
   * rotate; nothing is changed then
   */
  rotate(options?: KeyRotationOptions): Promise<readonly SigningKeyInfo[]>
}

/** How keys are rotated. */
export interface KeyRotationOptions {
  /**
   * Rotates at once, because a key got into the wrong hands. All keys go, also one that is announced, and a new key is used
   * without an announcement. Tokens that the old keys signed are no longer valid. An API that keeps the old keys accepts them for
   * up to five minutes more, and other processes sign with the old key for up to ten seconds more.
   *
   * @defaultValue `false`
   */
  readonly now?: boolean
}

/**
 * Makes the signing keys of a storage.
 *
 * @param onChange - called after a change by this process, with the new schedule; with `undefined` if the change may have failed
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

/** The signing keys of a server whose options give the keys. */
export const createGivenKeys = (): SigningKeys => ({
  list: async () => [],
  rotate: async () => {
    throw new SigningKeyError('no_stored_keys', noStoredKeys)
  },
})
