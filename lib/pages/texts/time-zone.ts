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

/**
 * Makes what writes a date in words: the day in a time zone. If nobody knows the zone, a day alone could be the wrong one. Then it is
 * the day and the time in UTC, with the name of that zone.
 */
export function createDateFormat(language: string, timeZone?: string): (date: Date) => string {
  let format: Intl.DateTimeFormat | undefined
  return (date) => {
    format ??= new Intl.DateTimeFormat(language, timeZone ? { ...day, timeZone } : moment)
    return format.format(date)
  }
}

const day = { year: 'numeric', month: 'long', day: 'numeric' } as const

const moment = {
  ...day,
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
  timeZone: 'UTC',
  timeZoneName: 'short',
} as const
