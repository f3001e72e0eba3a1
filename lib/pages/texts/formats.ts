import { isolate } from './isolate.ts'
import { createDateFormat } from './time-zone.ts'

/** How a language writes what is not words. */
export interface Formats {
  /** A day where the person is. If nobody knows that: the day and the time in UTC, with the zone named. */
  readonly date: (date: Date) => string
  /** Names, one after the other, each isolated from the others. */
  readonly list: (items: readonly string[]) => string
  /** A length of time in days. */
  readonly days: (count: number) => string
  readonly number: (value: number) => string
}

/**
 * The formats of a language, all by `Intl`.
 *
 * @param timeZone - that of dates; undefined if nobody knows it
 */
export function createFormats(language: string, timeZone?: string): Formats {
  const lists = new Intl.ListFormat(language)
  // Intl.DurationFormat is not in every Node that this runs on.
  const days = new Intl.NumberFormat(language, { style: 'unit', unit: 'day', unitDisplay: 'long' })
  const numbers = new Intl.NumberFormat(language)
  return {
    date: createDateFormat(language, timeZone),
    list: (items) => lists.format(items.map(isolate)),
    days: (count) => days.format(count),
    number: (value) => numbers.format(value),
  }
}
