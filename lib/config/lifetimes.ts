import { z } from 'zod'
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

/** All lifetimes, with the defaults where none is given. */
export function completeLifetimes(given: Partial<Lifetimes> = {}): Lifetimes {
  const accessToken = given.accessToken ?? defaults.accessToken
  return { ...defaults, keyRetirement: accessToken + 86_400, ...given }
}

const seconds = z
  .int({ error: 'must be a whole number of seconds' })
  .positive({ error: 'must be more than 0' })
  .optional()

export const lifetimesSchema: z.ZodType = z
  .strictObject({
    accessToken: seconds,
    refreshToken: seconds,
    grant: seconds,
    authorizationCode: seconds,
    interaction: seconds,
    session: seconds,
    keyAnnouncement: seconds,
    keyRetirement: seconds,
  })
  .superRefine(({ accessToken = defaults.accessToken, keyRetirement = Infinity }, context) => {
    if (keyRetirement > accessToken) return
    const message = 'must be longer than an access token lives (accessToken)'
    const params = { code: 'too_short' }
    context.addIssue({ code: 'custom', path: ['keyRetirement'], message, params })
  })
