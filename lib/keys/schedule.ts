import { SigningKeyError } from '../errors.ts'
import type { SigningKey } from './generate.ts'
import type { SigningKeyInfo } from './signing-keys.ts'

/** How long keys are in each state, in seconds. */
export interface KeyTimes {
  /** From when a key is published until it is used. */
  readonly announcement: number
  /** From when the next key is used until it is published no more. */
  readonly retirement: number
}

/**
 * Which key is when for what, by the clock of whoever looks: no process has to tell another one that it is time.
 * Keys stand in the order in which they are used. The times are the longest that any server asked for.
 */
export interface KeySchedule extends KeyTimes {
  /** When all keys there were had to go at once, where they ever had. Milliseconds since the epoch. */
  readonly givenUpAt?: number
  readonly keys: readonly [ScheduledKey, ...ScheduledKey[]]
}

/** A private key. Times are milliseconds since the epoch. */
export interface ScheduledKey {
  readonly jwk: SigningKey
  readonly announcedAt: number
  readonly usedFrom: number
}

/** Nobody knows any key yet, or any that may be used still: this one is announced and used at once. */
export const startAnew = (times: KeyTimes, jwk: SigningKey, now: number): KeySchedule => ({
  announcement: times.announcement,
  retirement: times.retirement,
  keys: [{ jwk, announcedAt: now, usedFrom: now }],
})

/** All keys go at once, and do not come back. */
export const giveUp = (schedule: KeySchedule, jwk: SigningKey, now: number): KeySchedule => ({
  ...startAnew(schedule, jwk, now),
  givenUpAt: now,
})

/**
 * What was found, without keys that are known to be given up: a storage that lost what was written last has them still, and
 * whoever rotates there does not know it.
 */
export function withoutGivenUp(found: KeySchedule, known: KeySchedule | undefined): KeySchedule {
  const { givenUpAt = -Infinity } = known ?? {}
  if (!known || (found.givenUpAt ?? -Infinity) >= givenUpAt) return found
  const [first, ...others] = found.keys.filter(({ announcedAt }) => announcedAt >= givenUpAt)
  return first ? { ...found, givenUpAt, keys: [first, ...others] } : known
}

/** @throws SigningKeyError where the newest key is not in use yet */
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

/** Without keys that are over, and with times that are long enough; the very same where nothing is to be changed. */
export function bringUpToDate(schedule: KeySchedule, times: KeyTimes, now: number): KeySchedule {
  const announcement = Math.max(schedule.announcement, times.announcement)
  const retirement = Math.max(schedule.retirement, times.retirement)
  const longer = { ...schedule, announcement, retirement }
  // There always is one: the newest has no end.
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

/** The first where none is: somebody's clock is ahead. */
const inUseAt = (keys: KeySchedule['keys'], now: number): ScheduledKey =>
  keys.findLast(({ usedFrom }) => usedFrom <= now) ?? keys[0]

function retiredAt({ keys, retirement }: KeySchedule, index: number): number | undefined {
  const next = keys[index + 1]
  return next && next.usedFrom + retirement * 1000
}
