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
   * To be called before keys are published or asked for: reads them where that was a while ago. With what it knows it
   * goes on where they cannot be read.
   *
   * @throws what the storage throws, where nothing is known yet
   */
  follow(): Promise<void>
  /**
   * To be called before something is signed.
   *
   * @throws what the storage throws, also where what is known is so old that the key may be retired
   */
  followToSign(): Promise<void>
  /** Has them read anew: they were changed here, to these where that is known. */
  change(schedule: KeySchedule | undefined): void
}

/** What {@link createKeyFollower} takes. */
export interface FollowerParts {
  readonly records: RecordStorage
  readonly times: KeyTimes
  /** Takes the keys to publish, first the one to sign with. */
  readonly install: (keys: readonly SigningKey[]) => void
}

/** How long the JWKS may be kept by whoever reads it, in seconds. */
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
      // What is known may have been changed here while they were read.
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
  const follow: KeyFollower['follow'] = async () => {
    if (known && performance.now() < nextReadAt) return
    reading ??= read().finally(() => (reading = undefined))
    await reading
  }
  return {
    follow,
    async followToSign() {
      await follow()
      // Until then, no key was taken into use that was not announced when they were read.
      if (performance.now() - knownSince > times.announcement * 1000) throw failure
    },
    change(schedule) {
      nextReadAt = -Infinity
      if (schedule) [known, knownSince] = [schedule, performance.now()]
    },
  }
}

/**
 * The schedule in the storage. Where there is none, everybody stores what they have, and takes what was stored first:
 * a storage that was emptied, or set back to before keys were given up, gets back what its processes know.
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
  // Whoever is first: all others come to the same.
  if (schedule !== found) await store.swap(schedule, found).catch(() => false)
  return schedule
}
