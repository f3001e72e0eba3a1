import { z } from 'zod'
import { complain } from '../validation/schemas.ts'
import type { Lifetimes } from './options.ts'

const defaults: Omit<Lifetimes, 'keyRetirement'> = {
  accessToken: 900,
  refreshToken: 60 * 86_400,
  grant: 365 * 86_400,
  authorizationCode: 60,
  interaction: 3600,
  session: 12 * 3600,
  keyAnnouncement: 86_400,
}

/** All lifetimes, with the defaults for those that are not given. */
export function completeLifetimes(given: Partial<Lifetimes> = {}): Lifetimes {
  const accessToken = given.accessToken ?? defaults.accessToken
  return { ...defaults, keyRetirement: accessToken + 86_400, ...given }
}

const seconds = z
  .int({ error: 'must be a whole number of seconds' })
  .positive({ error: 'must be more than 0' })
  .optional()

export const lifetimesSchema: z.ZodType = z
  .strictObject(
    {
      accessToken: seconds,
      refreshToken: seconds,
      grant: seconds,
      authorizationCode: seconds,
      interaction: seconds,
      session: seconds,
      keyAnnouncement: seconds,
      keyRetirement: seconds,
    },
    { error: 'must be an object with numbers of seconds' },
  )
  .superRefine((given, context) => {
    const { keyAnnouncement = defaults.keyAnnouncement, keyRetirement = Infinity } = given
    const { accessToken = defaults.accessToken } = given
    if (keyRetirement >= accessToken + toSwitchingTime(keyAnnouncement)) return
    const least = 'accessToken and 60 seconds at least'
    const message = `must be ${least}, or accessToken and one and a half keyAnnouncement if that is less`
    complain(context, 'too_short', message, ['keyRetirement'])
  })

/**
 * How long the last process may sign with a key that is not to be used any more, with room for clocks that differ: each
 * switches at its next read, after ten seconds or a quarter of the announcement.
 */
const toSwitchingTime = (announcement: number): number => Math.min(60, announcement * 1.5)

/** A whole number of seconds, which may be left out. */
export const secondsUpTo = (most: number): z.ZodOptional<z.ZodInt> =>
  z
    .int({ error: 'must be a whole number of seconds' })
    .nonnegative({ error: 'must be 0 or more' })
    .max(most, { error: `must be ${most} at most` })
    .optional()
