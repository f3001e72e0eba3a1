import { z } from 'zod'
import type { Limit, LimitOptions } from './options.ts'

/** The limits there are. */
export type Limits = Omit<LimitOptions, 'limiter'>

/** Each limit, `false` if it is switched off, and the counter of the host if there is one. */
export type CompleteLimits = Required<Limits> & Pick<LimitOptions, 'limiter'>

// Companies, and platforms that run integrations of many customers, come from one address.
const defaults: Required<Limits> = {
  signInAccount: { count: 10, seconds: 900 },
  signInAddress: { count: 200, seconds: 900 },
  clientAuthentication: { count: 100, seconds: 900 },
  clientAddress: { count: 2000, seconds: 900 },
  authorization: { count: 1000, seconds: 60 },
  pushedRequest: { count: 1000, seconds: 60 },
  registration: { count: 500, seconds: 3600 },
}

const names = Object.keys(defaults) as (keyof Limits)[]

/** All limits, with the defaults for those that are not given; all off if `false` is given. */
export function completeLimits(given: LimitOptions | false = {}): CompleteLimits {
  const isOff = given === false
  const { limiter, ...limits } = isOff ? {} : given
  const complete = names.map((name) => [name, isOff ? false : (limits[name] ?? defaults[name])])
  return { ...(Object.fromEntries(complete) as Required<Limits>), ...(limiter && { limiter }) }
}

const wholeNumber = (most: number): z.ZodInt =>
  z
    .int({ error: 'must be a whole number' })
    .min(1, 'must be 1 or more')
    .max(most, `must be ${most} at most`)

const limit: z.ZodType<Limit | false> = z.union([
  z.strictObject(
    { count: wholeNumber(1_000_000_000), seconds: wholeNumber(86_400) },
    { error: 'must be an object with count and seconds, or false' },
  ),
  z.literal(false),
])

const ofEachName = Object.fromEntries(names.map((name) => [name, limit.exactOptional()]))

export const limitsSchema: z.ZodType = z.union([
  z.strictObject(
    {
      ...ofEachName,
      limiter: z
        .custom((value) => typeof value === 'function', { error: 'must be a function' })
        .optional(),
    },
    { error: 'must be an object with limits, or false' },
  ),
  z.literal(false),
])
