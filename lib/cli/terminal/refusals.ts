import { existsSync } from 'node:fs'

/** Why a command cannot do its work, in words for the operator. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
}

/** Tells an operator whose settings are missing that no command reads the file `.env`. */
export const toSettingsHint = (): string =>
  existsSync('.env')
    ? '\nThe file .env here is not read. To export its settings: set -a; . ./.env; set +a'
    : ''
