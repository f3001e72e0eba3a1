import { randomBytes } from 'node:crypto'
import type { CommonOptions } from './run.ts'
import type { Answer } from './terminal/print.ts'
import { Refusal, toSettingsHint } from './terminal/refusals.ts'
import { toJson } from './terminal/text.ts'

/** The keys in `COOKIE_KEYS`; one empty text if it is not set. */
export const readCookieKeys = (): readonly string[] =>
  (process.env['COOKIE_KEYS'] ?? '').split(',').map((key) => key.trim())

/** Makes the value of `COOKIE_KEYS` for the next restart. */
export function rotateCookieKeys({ json }: CommonOptions): Answer {
  const keys = readCookieKeys()
  if (!keys.every(Boolean))
    throw new Refusal(
      `COOKIE_KEYS must be set: secrets separated by commas, none empty${toSettingsHint(['COOKIE_KEYS'])}`,
    )
  const next = toNextCookieKeys(keys)
  if (next.some(({ length }) => length < 32))
    process.stderr.write(
      'warning: COOKIE_KEYS has a secret of fewer than 32 characters, which a server in production refuses. Replace the whole list with secrets of pleo-oauth keys generate --cookie: people sign in again then\n',
    )
  const ifLost = 'Nobody has the new key: run the command again.'
  return { text: json ? toJson(next) : next.join(','), ifLost }
}

/** 256 random bits, in characters that are safe in a list with commas, a shell and a file `.env`. */
export const generateSecret = (): string => randomBytes(32).toString('base64url')

/**
 * The cookie keys for the next restart. A new key is in the second place at first, because processes that restart late must
 * already have the key that the others sign with. The key that was new the last time moves to the front, and the one before
 * it to the third place. If there are three keys or more, the oldest one is removed.
 */
const toNextCookieKeys = ([
  signing = '',
  announced,
  ...older
]: readonly string[]): readonly string[] =>
  announced === undefined
    ? [signing, generateSecret()]
    : [announced, generateSecret(), signing, ...older.slice(0, -1)]
