import { randomBytes } from 'node:crypto'

/** 256 random bits, as they can stand in a list with commas, a shell and a file `.env`. */
export const generateSecret = (): string => randomBytes(32).toString('base64url')

/**
 * A new secret in front of those there are, without the oldest. One stays at least: what it has signed is to be good
 * still.
 */
export const withNewSecret = (secrets: readonly string[]): readonly string[] => [
  generateSecret(),
  ...secrets.slice(0, Math.max(1, secrets.length - 1)),
]
