/** Says when something was, in UTC: the time, and the day unless it is today. */
export function toClock(at: number): string {
  const [day = '', time = ''] = new Date(at).toISOString().split('T')
  const isToday = new Date(Date.now()).toISOString().startsWith(day)
  return `${isToday ? '' : `${day} `}${time.slice(0, 8)} UTC`
}

/** The number of the first character, from 1, at which two texts differ. */
export function firstDifference(one: string, other: string): number {
  let at = 0
  while (at < one.length && one[at] === other[at]) at += 1
  return at + 1
}

/** Says how long a text is, which may be a secret. */
export const toLength = ({ length }: string): string =>
  `${length} ${length === 1 ? 'character' : 'characters'}`

/** The kind of an error: its code, or the word in capitals with which Redis begins, or its name. Its message may have an address. */
export function toKind(error: unknown): string {
  const { code, message, name } = Object(error) as NodeJS.ErrnoException
  return code ?? /^[A-Z]{2,}(?= )/.exec(message ?? '')?.[0] ?? name ?? 'an unknown error'
}
