import { Command } from 'commander'
import { runWith, withCommonOptions, type CommonOptions } from '../run.ts'
import { toKeyJson, toKeyTable } from './show.ts'

/** Shows what is known of the signing keys in the storage. */
export function createListCommand(): Command {
  const command = new Command('list')
    .description('list the signing keys in the storage, from the oldest to the newest')
    .addHelpText(
      'after',
      `
Nothing private of a key is shown.

Examples:
  pleo-oauth keys list
  pleo-oauth keys list --json | jq -r '.[] | select(.state == "in use").kid'`,
    )
  return withCommonOptions(command).action((options: CommonOptions) =>
    runWith(options, async ({ signingKeys }) => {
      const keys = await signingKeys.list()
      return options.json ? toKeyJson(keys) : toKeyTable(keys)
    }),
  )
}
