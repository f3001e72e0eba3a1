import { SigningKeyError } from '../errors.ts'
import type { SigningKey } from './generate.ts'

// `signing-keys.ts` starts a rotation, and `key-follower.ts` lets every process follow it.

/** A signing key, without its private part. Times are milliseconds since the epoch. */
export interface SigningKeyInfo {
  /** `kid` of the tokens that it signs (RFC 7515, Section 4.1.4). */
  readonly kid: string
  /** The algorithm that it signs with (RFC 7518, Section 3.1). */
  readonly algorithm: string
  /** `announced`: published, but not used yet. `retiring`: still published, but not used any more. */
  readonly state: 'announced' | 'in use' | 'retiring'
  readonly announcedAt: number
  readonly usedFrom: number
  /** When it is no longer published; `undefined` as long as there is no next key. */
  readonly retiredAt: number | undefined
}

/** How long keys are in each state, in seconds. */
export interface KeyTimes {
  /** From when a key is published until it is used. */
  readonly announcement: number
  /** From when the next key is used until it is no longer published. */
  readonly retirement: number
}

/**
 * Says when each key is announced, used and retired. Every process reads it by its own clock, so no process has to tell another
 * that it is time. The keys are in the order of their use. The times are the longest that any server asked for.
 */
export interface KeySchedule extends KeyTimes {
  /** When all keys of that time were given up at once. Milliseconds since the epoch. */
  readonly givenUpAt?: number
  readonly keys: readonly [ScheduledKey, ...ScheduledKey[]]
}

/** A private key. Times are milliseconds since the epoch. */
export interface ScheduledKey {
  readonly jwk: SigningKey
  readonly announcedAt: number
  readonly usedFrom: number
}

/** A schedule with one key, which is announced and used at once: nobody knows another that may still be used. */
export const startAnew = (times: KeyTimes, jwk: SigningKey, now: number): KeySchedule => ({
  announcement: times.announcement,
  retirement: times.retirement,
  keys: [{ jwk, announcedAt: now, usedFrom: now }],
})

/** Gives all keys up at once. They do not come back. */
export const giveUp = (schedule: KeySchedule, jwk: SigningKey, now: number): KeySchedule => ({
  ...startAnew(schedule, jwk, now),
  givenUpAt: now,
})

/**
 * Leaves out the keys that this process knows to be given up. A storage that lost its last writes still has them, and a process
 * that rotates there does not know.
 */
export function withoutGivenUp(found: KeySchedule, known: KeySchedule | undefined): KeySchedule {
  const { givenUpAt = -Infinity } = known ?? {}
  if (!known || (found.givenUpAt ?? -Infinity) >= givenUpAt) return found
  const [first, ...others] = found.keys.filter(({ announcedAt }) => announcedAt >= givenUpAt)
  return first ? { ...found, givenUpAt, keys: [first, ...others] } : known
}

/** @throws SigningKeyError if the newest key is not in use yet */
export function announce(schedule: KeySchedule, jwk: SigningKey, now: number): KeySchedule {
  const newest = schedule.keys.at(-1)
  if (newest && newest.usedFrom > now) {
    const from = new Date(newest.usedFrom).toISOString()
    const message = `nothing was changed: a rotation is under way, and its key is used from ${from} on`
    throw new SigningKeyError('rotation_under_way', message)
  }
  const usedFrom = now + schedule.announcement * 1000
  return { ...schedule, keys: [...schedule.keys, { jwk, announcedAt: now, usedFrom }] }
}

/** Drops keys that are over, and lengthens times that are too short. Returns the same object if nothing changes. */
export function bringUpToDate(schedule: KeySchedule, times: KeyTimes, now: number): KeySchedule {
  const announcement = Math.max(schedule.announcement, times.announcement)
  const retirement = Math.max(schedule.retirement, times.retirement)
  const longer = { ...schedule, announcement, retirement }
  // At least one is left: the newest key has no end.
  const keys = schedule.keys.filter(
    (_, index) => !((retiredAt(longer, index) ?? Infinity) <= now),
  ) as unknown as KeySchedule['keys']
  const isSame =
    keys.length === schedule.keys.length &&
    announcement === schedule.announcement &&
    retirement === schedule.retirement
  return isSame ? schedule : { ...longer, keys }
}

/** Keys as they are published: first the one to sign with. */
export function toPublished({ keys }: KeySchedule, now: number): readonly SigningKey[] {
  const inUse = inUseAt(keys, now)
  const others = keys.filter((key) => key !== inUse).toReversed()
  return [inUse, ...others].map(({ jwk }) => jwk)
}

/** Keys as people may see them. */
export function toInfos(schedule: KeySchedule, now: number): readonly SigningKeyInfo[] {
  const inUse = inUseAt(schedule.keys, now)
  return schedule.keys.map((key, index) => ({
    kid: key.jwk.kid,
    algorithm: key.jwk.alg,
    state: key === inUse ? 'in use' : key.usedFrom > now ? 'announced' : 'retiring',
    announcedAt: key.announcedAt,
    usedFrom: key.usedFrom,
    retiredAt: retiredAt(schedule, index),
  }))
}

/** The key in use. If none is in use yet, the clock of another process is ahead, and the first key counts. */
const inUseAt = (keys: KeySchedule['keys'], now: number): ScheduledKey =>
  keys.findLast(({ usedFrom }) => usedFrom <= now) ?? keys[0]

function retiredAt({ keys, retirement }: KeySchedule, index: number): number | undefined {
  const next = keys[index + 1]
  return next && next.usedFrom + retirement * 1000
}
