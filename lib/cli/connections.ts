import { Command } from 'commander'
import { createListCommand } from './connections/list-command.ts'
import { createRevokeCommand } from './connections/revoke-command.ts'
import { toWhereHelp } from './open/where-help.ts'

/** What can be done with what people have granted. */
export const createConnectionsCommand = (): Command =>
  new Command('connections')
    .description('Connections: what people granted to clients; show it, end it')
    .addHelpText(
      'after',
      `${toWhereHelp('connections')}

Examples:
  export REDIS_URL=redis://localhost:6379 STORAGE_KEYS=...
  pleo-oauth connections list <subject>
  pleo-oauth connections revoke <grant-id>
  pleo-oauth connections revoke --client <client-id> --subject <subject>`,
    )
    .addCommand(createListCommand())
    .addCommand(createRevokeCommand())
