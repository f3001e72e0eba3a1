import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { nearestName } from '../../validation/did-you-mean.ts'
import { JsonTextError } from '../../validation/json-file.ts'
import { TextEncodingError } from '../../validation/text-file.ts'

/** Why a command cannot do its work, in words for the operator. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
}

/** The command was called in a way that it does not know. Then the process ends with 2, and with 1 after every other error. */
export class UsageError extends Refusal {}

/** Says why a file cannot be read. */
export function toUnreadable(file: string, error: unknown): Refusal {
  if (error instanceof TextEncodingError || error instanceof JsonTextError)
    return new Refusal(error.message)
  const { code = 'unknown error' } = error as NodeJS.ErrnoException
  return new Refusal(`${resolve(file)} cannot be read: ${fileProblems[code] ?? code}`)
}

/** Says why a file cannot be written. */
export function toUnwritable(file: string, error: unknown): Refusal {
  const { code = 'unknown error' } = error as NodeJS.ErrnoException
  const problem = code === 'ENOENT' ? 'there is no such folder' : (fileProblems[code] ?? code)
  return new Refusal(`${resolve(file)} cannot be written: ${problem}`)
}

const fileProblems: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EISDIR: 'it is a folder',
}

/**
 * Tells an operator whose settings are missing which variables are spelled nearly like them, and that no command reads the file
 * `.env`.
 */
export function toSettingsHint(missing: readonly string[]): string {
  const given = Object.keys(process.env).filter((name) => process.env[name])
  const near = missing.flatMap((setting) => {
    const name = nearestName(setting, given)
    return name === undefined ? [] : `\n${name} is not read: did you mean ${setting}?`
  })
  const file = '\nThe file .env here is not read. To export its settings: set -a; . ./.env; set +a'
  return near.join('') + (existsSync('.env') ? file : '')
}
