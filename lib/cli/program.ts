import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { createClientsCommand } from './clients.ts'
import { createConnectionsCommand } from './connections.ts'
import { createKeysCommand } from './keys.ts'
import { wrapHelp } from './terminal/help.ts'
import { createTryCommand } from './try.ts'
import { createViewsCommand } from './views.ts'

/** The command line of this package. */
export function createProgram(): Command {
  const manifest = new URL(import.meta.resolve('pleo-oauth-server/package.json'))
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { readonly version: string }
  const program = new Command('pleo-oauth')
    .description('Tools for an authorization server of pleo-oauth-server')
    .version(version)
    .addCommand(createClientsCommand())
    .addCommand(createConnectionsCommand())
    .addCommand(createKeysCommand())
    .addCommand(createTryCommand())
    .addCommand(createViewsCommand())
  return wrapHelp(program)
}
