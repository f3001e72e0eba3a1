import { randomBytes } from 'node:crypto'

/** 256 random bits, as they can stand in a list with commas, a shell and a file `.env`. */
export const generateSecret = (): string => randomBytes(32).toString('base64url')

/**
 * The cookie keys for the next restart. The first signs and all are accepted, so that a new one is second at first:
 * the processes that restart early sign with a key that those which restart late have. The one that was new the last time
 * comes to the front, the one before it is third, and the oldest goes, where there are three or more.
 */
export const toNextCookieKeys = ([
  signing = '',
  announced,
  ...older
]: readonly string[]): readonly string[] =>
  announced === undefined
    ? [signing, generateSecret()]
    : [announced, generateSecret(), signing, ...older.slice(0, -1)]
