import { Command } from 'commander'
import { runWith, withCommonOptions, type CommonOptions } from '../run.ts'
import { toJson } from '../terminal/text.ts'
import { checkSubject, findNames, toConnectionPage, toPlain } from './show.ts'

interface ListOptions extends CommonOptions {
  readonly client?: string
}

/** Shows the connections of a company or organization. */
export function createListCommand(): Command {
  const command = new Command('list')
    .description('list what is granted for a company or organization')
    .argument('<subject>', 'its URN, like urn:pleo:company:<uuid>')
    .option('--client <client-id>', 'only what this client was granted')
    .addHelpText(
      'after',
      `
Connections are stored by company and organization: there is no list of all that one client was granted.

Examples:
  pleo-oauth connections list \\
    urn:pleo:company:7e8d4f4a-3c1b-4f0e-9a51-2b6f5a0c9d11
  pleo-oauth connections list <subject> --client <client-id> --json | \\
    jq -r '.[].grants[].grantId'`,
    )
  return withCommonOptions(command).action((subject: string, options: ListOptions) =>
    runWith(options, async ({ clients, connections }) => {
      checkSubject(subject)
      const { client: clientId } = options
      const listed = await connections.list({
        subject,
        ...(clientId !== undefined && { clientId }),
      })
      const names = await findNames(
        clients,
        listed.map((connection) => connection.clientId),
      )
      return options.json
        ? toJson(listed.map((connection) => toPlain(connection, names)))
        : toConnectionPage(listed, names)
    }),
  )
}
