/** The way a language is written, for the attribute `dir`. */
export type Direction = 'ltr' | 'rtl'

/** How a language or a region of it writes dates, lists and numbers. */
export interface Formats {
  /**
   * A date in words: the day in a time zone. If nobody knows the zone, a day alone could be the wrong one. Then it is the day and the
   * time in UTC, with the name of that zone. A line breaks in front of the year or the time, and nowhere else in it.
   */
  readonly date: (date: Date) => string
  /** Names, one after the other, each isolated from the others. */
  readonly list: (items: readonly string[]) => string
  /** The same, of which any one will do. */
  readonly any: (items: readonly string[]) => string
  readonly number: (value: number) => string
  /** The order of names, for `toSorted`. Numbers in them count as numbers. */
  readonly compare: (one: string, other: string) => number
}

/**
 * @param locale - the language, with or without a region
 * @param timeZone - that of dates; undefined if nobody knows it
 */
export function createFormats(locale: string, timeZone?: string): Formats {
  const dates = once(
    () => new Intl.DateTimeFormat(locale, timeZone ? { ...day, timeZone } : moment),
  )
  const lists = once(() => new Intl.ListFormat(locale))
  const choices = once(() => new Intl.ListFormat(locale, { type: 'disjunction' }))
  const numbers = once(() => new Intl.NumberFormat(locale))
  const names = once(() => new Intl.Collator(locale, { numeric: true }))
  return {
    date: (date) => keepTogether(dates().formatToParts(date)),
    list: (items) => lists().format(items.map(isolate)),
    any: (items) => choices().format(items.map(isolate)),
    number: (value) => numbers().format(value),
    compare: (one, other) => names().compare(one, other),
  }
}

/** A day stays with its month, and a word with the number that it belongs to: 30 de novembro, kl. 23.30 UTC. */
const keepTogether = (parts: readonly Intl.DateTimeFormatPart[]): string =>
  parts
    .map(({ type, value }, index) => {
      if (type !== 'literal') return value
      const next = parts[index + 1]?.type
      const mayBreak = next === 'year' || next === 'hour'
      const whole = value.replaceAll(' ', noBreak)
      return mayBreak ? whole.replace(noBreak, ' ') : whole
    })
    .join('')

const noBreak = '\u00A0'

/** Few pages need every format, and making one takes time. */
function once<T extends object>(make: () => T): () => T {
  let made: T | undefined
  return () => (made ??= make())
}

/**
 * The language with the region of a person. It is the language alone if most of its people live there (`de-DE`), or if another
 * script is written there than the words have (`zh-TW`).
 */
export function toLocale(language: string, region: string | undefined): string {
  const own = new Intl.Locale(language)
  if (region === undefined || own.region !== undefined) return language
  const [local, usual] = [new Intl.Locale(language, { region }), own.maximize()]
  const { region: there, script } = local.maximize()
  return there === usual.region || script !== usual.script ? language : local.toString()
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

const startIsolate = '\u2068'
const endIsolate = '\u2069'

/**
 * A name that turns nothing around it, whichever way it is written: its direction is its own (UAX #9).
 * Isolates in it stay pairs: one end too many would end ours, and let the rest of the name out.
 */
export function isolate(text: string): string {
  let open = 0
  const paired = text.replaceAll(/[\u2066-\u2069]/g, (mark) => {
    if (mark !== endIsolate) open += 1
    else if (open === 0) return ''
    else open -= 1
    return mark
  })
  // The end of a paragraph ends every isolate.
  const oneParagraph = paired.replaceAll(/[\r\n\u0085\u2029]/g, ' ')
  return startIsolate + oneParagraph + endIsolate.repeat(open + 1)
}

/** Finds the direction of a language. */
export function directionOf(language: string): Direction {
  // A method by the standard, a getter in engines from before it; the compiler knows neither.
  const locale = new Intl.Locale(language) as Intl.Locale & {
    readonly getTextInfo?: () => TextInfo
    readonly textInfo?: TextInfo
  }
  return (locale.getTextInfo?.() ?? locale.textInfo)?.direction === 'rtl' ? 'rtl' : 'ltr'
}

interface TextInfo {
  readonly direction?: string
}
