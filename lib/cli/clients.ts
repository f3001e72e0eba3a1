import { Command } from 'commander'
import { createInviteCommand } from './clients/invite-command.ts'
import { createEndOldSecretsCommand } from './clients/end-old-secrets-command.ts'
import { createLifeCommands } from './clients/life-commands.ts'
import { createRegistrationCommands } from './clients/registration-commands.ts'
import { createRegistrationTokenCommands } from './clients/registration-token-commands.ts'
import { createRotateCommand } from './clients/rotate-command.ts'
import { toWhereHelp } from './open/where-help.ts'

/** What can be done with the clients that are registered. */
export function createClientsCommand(): Command {
  const command = new Command('clients')
    .description('Clients: register them, change them, rotate their secrets')
    .addHelpText(
      'after',
      `${toWhereHelp('clients')}

Examples:
  export REDIS_URL=redis://localhost:6379 STORAGE_KEYS=...
  pleo-oauth clients list
  pleo-oauth clients create
  pleo-oauth clients show <client-id> --json
  pleo-oauth clients list --config ./server.js`,
    )
  const commands = [
    ...createRegistrationCommands(),
    createRotateCommand(),
    createInviteCommand(),
    createEndOldSecretsCommand(),
    ...createRegistrationTokenCommands(),
    ...createLifeCommands(),
  ]
  for (const one of commands) command.addCommand(one)
  return command
}
