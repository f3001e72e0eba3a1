import { existsSync } from 'node:fs'
import { TextEncodingError } from '../../validation/text-file.ts'

/** Why a command cannot do its work, in words for the operator. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
}

/** Says why a file cannot be read. */
export function toUnreadable(file: string, error: unknown): Refusal {
  if (error instanceof TextEncodingError) return new Refusal(error.message)
  const { code = 'unknown error' } = error as NodeJS.ErrnoException
  return new Refusal(`${file} cannot be read: ${fileProblems[code] ?? code}`)
}

const fileProblems: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EISDIR: 'it is a folder',
}

/** Tells an operator whose settings are missing that no command reads the file `.env`. */
export const toSettingsHint = (): string =>
  existsSync('.env')
    ? '\nThe file .env here is not read. To export its settings: set -a; . ./.env; set +a'
    : ''
