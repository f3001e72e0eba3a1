import { Command } from 'commander'
import { createListCommand } from './connections/list-command.ts'
import { createRevokeCommand } from './connections/revoke-command.ts'

/** What can be done with what people have granted. */
export const createConnectionsCommand = (): Command =>
  new Command('connections')
    .description('Connections: what people granted to clients; show it, end it')
    .addHelpText(
      'after',
      `
The connections are those in Redis, which REDIS_URL and STORAGE_KEYS name as for the authorization server; or,
with --config, those of the authorization server that a module of yours exports. A function close() that it exports
as well is called at the end, and waited for.

Examples:
  export REDIS_URL=redis://localhost:6379 STORAGE_KEYS=...
  pleo-oauth connections list <subject>
  pleo-oauth connections revoke <grant-id>
  pleo-oauth connections revoke --client <client-id> --subject <subject>`,
    )
    .addCommand(createListCommand())
    .addCommand(createRevokeCommand())
