import { existsSync } from 'node:fs'

/** What to do where a setting is missing that is in a file which no command reads. */
export const toSettingsHint = (): string =>
  existsSync('.env')
    ? '\nThe file .env here is not read. To export what is in it: set -a; . ./.env; set +a'
    : ''
