import { Command } from 'commander'
import { createGenerateCommand } from './keys/generate-command.ts'
import { createListCommand } from './keys/list-command.ts'
import { createRotateCommand } from './keys/rotate-command.ts'

/** What can be done with keys. */
export const createKeysCommand = (): Command =>
  new Command('keys')
    .description('Keys: make them, look at the signing keys, rotate them')
    .addHelpText(
      'after',
      `
list and rotate are about the signing keys in the storage (signingKeys: 'stored') that REDIS_URL and STORAGE_KEYS
name as for the authorization server; or, with --config, about those of the one that a module of yours exports.

Examples:
  pleo-oauth keys generate --storage
  pleo-oauth keys list
  pleo-oauth keys rotate
  pleo-oauth keys rotate --cookies`,
    )
    .addCommand(createGenerateCommand())
    .addCommand(createListCommand())
    .addCommand(createRotateCommand())
