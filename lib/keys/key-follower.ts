import { generateSigningKey, type SigningKey } from './generate.ts'
import type { RecordStorage } from '../storage.ts'
import { createKeyStore, type KeyStore } from './key-store.ts'
import {
  bringUpToDate,
  startAnew,
  toPublished,
  withoutGivenUp,
  type KeySchedule,
  type KeyTimes,
} from './schedule.ts'

/** Keeps the keys of one process as the storage has them. */
export interface KeyFollower {
  /**
   * Call it before keys are published or used to verify. Reads them if the last read is too old. If the storage cannot be read,
   * the keys that are known stay in use.
   *
   * @throws the error of the storage if no key is known yet
   */
  follow(): Promise<void>
  /**
   * Call it before something is signed.
   *
   * @throws the error of the storage, also if the known keys are so old that the key may be retired
   */
  followToSign(): Promise<void>
  /** Whether the known keys are good to sign with, so that nobody need wait for {@link followToSign}. */
  isCurrent(): boolean
  /** Reads the keys again at the next request, because this process changed them. Uses the schedule until then, if it is given. */
  change(schedule: KeySchedule | undefined): void
}

interface FollowerParts {
  readonly records: RecordStorage
  readonly times: KeyTimes
  /** Gets the keys to publish. The first one signs. */
  readonly install: (keys: readonly SigningKey[]) => void
}

/** How long a reader may keep the JWKS, in seconds. */
export const toMaxAge = ({ announcement }: KeyTimes): number =>
  Math.min(300, Math.floor(announcement / 4))

/**
 * For how long a process goes on without reading, in milliseconds. With the time for which the JWKS may be kept it
 * is half of the announcement at most: the rest is for clocks that differ, and for a storage that is away.
 */
const toInterval = ({ announcement }: KeyTimes): number => Math.min(10, announcement / 4) * 1000

/** Makes a follower that has read nothing yet. */
export function createKeyFollower({ records, times, install }: FollowerParts): KeyFollower {
  const store = createKeyStore(records)
  let known: KeySchedule | undefined
  let knownSince = -Infinity
  let nextReadAt = -Infinity
  let failure: unknown
  let reading: Promise<void> | undefined
  let installed = ''

  const read = async (): Promise<void> => {
    const start = performance.now()
    nextReadAt = start + toInterval(times)
    try {
      // This process may have changed the keys during the read.
      known = withoutGivenUp(await readUpToDate(store, times, known), known)
      knownSince = start
    } catch (error) {
      failure = error
      if (!known) throw error
    }
    const keys = toPublished(bringUpToDate(known, times, Date.now()), Date.now())
    const names = keys.map(({ kid }) => kid).join(' ')
    if (names !== installed) install(keys)
    installed = names
  }
  // A key is announced so long before it is used. Within that time, the known keys include every key in use.
  const isTooOld = (now: number): boolean => now - knownSince > times.announcement * 1000
  const isRead = (now: number): boolean => known !== undefined && now < nextReadAt
  const follow: KeyFollower['follow'] = async () => {
    if (isRead(performance.now())) return
    reading ??= read().finally(() => (reading = undefined))
    await reading
  }
  return {
    follow,
    async followToSign() {
      await follow()
      if (isTooOld(performance.now())) throw failure
    },
    isCurrent() {
      const now = performance.now()
      return isRead(now) && !isTooOld(now)
    },
    change(schedule) {
      nextReadAt = -Infinity
      if (schedule) [known, knownSince] = [schedule, performance.now()]
    },
  }
}

/**
 * Reads the schedule in the storage. If the storage is empty, each process stores the keys it knows, and all use those that were
 * stored first. So a storage that was emptied, or set back to before keys were given up, gets the known keys back.
 */
async function readUpToDate(
  store: KeyStore,
  times: KeyTimes,
  known: KeySchedule | undefined,
): Promise<KeySchedule> {
  const now = Date.now()
  const found =
    (await store.read()) ??
    (await store.create(known ?? startAnew(times, generateSigningKey(), now)))
  const schedule = bringUpToDate(withoutGivenUp(found, known), times, now)
  // If another process was faster, it stored the same.
  if (schedule !== found) await store.swap(schedule, found).catch(() => false)
  return schedule
}
