import { isolate } from './isolate.ts'

/** How a language writes what is not words. */
export interface Formats {
  /** A day, in UTC: where the person is, nobody knows. */
  readonly date: (date: Date) => string
  /** Names, one after the other, each isolated from the others. */
  readonly list: (items: readonly string[]) => string
  /** A length of time in days. */
  readonly days: (count: number) => string
  readonly number: (value: number) => string
}

/** The formats of a language, all by `Intl`. */
export function createFormats(language: string): Formats {
  const dates = new Intl.DateTimeFormat(language, { dateStyle: 'long', timeZone: 'UTC' })
  const lists = new Intl.ListFormat(language)
  // Intl.DurationFormat is not in every Node that this runs on.
  const days = new Intl.NumberFormat(language, { style: 'unit', unit: 'day', unitDisplay: 'long' })
  const numbers = new Intl.NumberFormat(language)
  return {
    date: (date) => dates.format(date),
    list: (items) => lists.format(items.map(isolate)),
    days: (count) => days.format(count),
    number: (value) => numbers.format(value),
  }
}
