import { createWarner, toShown } from '../validation/warner.ts'

const key = Symbol('timeZone')

/** Remembers the time zone of the person who sees the page, as the host gave it. */
export function rememberTimeZone(ctx: object, timeZone: unknown): void {
  Object.assign(ctx, { [key]: timeZone })
}

/** Creates the function that finds the time zone of a person. If the host gave a wrong one, it warns and returns undefined. */
export function createTimeZoneFinder(): (ctx: object) => string | undefined {
  const warn = createWarner('EmbeddingWarning', 'unknown_time_zone')
  return (ctx) => {
    const { [key]: timeZone } = ctx as { readonly [key]?: unknown }
    if (isTimeZone(timeZone)) return timeZone
    // A database may say null.
    if (timeZone !== undefined && timeZone !== null) {
      const given =
        typeof timeZone === 'string' ? toShown(timeZone) : `something of type ${typeof timeZone}`
      warn(
        `accounts.find gave ${given} as timeZone, which is not the name of a time zone: ` +
          'give an IANA name such as Europe/Copenhagen, or leave it out',
      )
    }
    return undefined
  }
}

/** Whether it is the name of a time zone (IANA), such as `Europe/Copenhagen`. */
export function isTimeZone(name: unknown): name is string {
  // Intl also takes offsets, such as +01:00. They know nothing of summer time.
  if (typeof name !== 'string' || !/^[a-z]/i.test(name)) return false
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone)
  } catch {
    return false
  }
}
