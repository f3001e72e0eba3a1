import { InvalidArgumentError } from 'commander'

/** Reads a number of days. */
export function toDays(value: string): number {
  const days = Number(value)
  if (/^[1-9]\d*$/.test(value) && days <= 365) return days
  throw new InvalidArgumentError('It must be a whole number from 1 to 365.')
}
