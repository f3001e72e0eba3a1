import { Command } from 'commander'
import type { RegisteredClient } from '../../index.ts'
import { runWith, withCommonOptions, type CommonOptions } from '../run.ts'
import { confirm } from '../terminal/questions.ts'
import { clean, toJson } from '../terminal/text.ts'
import { refuseChanged } from './changed.ts'
import { findClient } from './find.ts'
import { toAdvice, toPlain } from './show.ts'

interface EndOptions extends CommonOptions {
  readonly yes?: boolean
}

/** Ends the secret before the newest, ahead of its time. */
export function createEndOldSecretsCommand(): Command {
  const command = new Command('end-old-secrets')
    .description('end every secret but the newest; asks first where that is not safe')
    .argument('<client-id>')
    .option('--yes', 'do not ask, safe or not')
    .addHelpText(
      'after',
      `
It is safe where the newest secret is in use, and the old one was not used for an hour: then nobody is asked.
Where it is not, away from a terminal and without --yes, nothing is done, and the command ends with 1.

Examples:
  pleo-oauth clients end-old-secrets <client-id>
  pleo-oauth clients end-old-secrets <client-id> --yes --json`,
    )
  return withCommonOptions(command).action((id: string, options: EndOptions) =>
    runWith(options, async ({ clients }) => {
      const client = await findClient(clients, id, options)
      const { secrets } = client
      if (secrets.length < 2) return options.json ? toJson(toPlain(client)) : toNothing(client)
      const isSafe = secrets.slice(1).every(({ isSafeToEnd }) => isSafeToEnd)
      const name = clean(client.metadata.client_name ?? id)
      const cost = `${toAdvice(secrets)}\nWhatever of ${name} (${id}) still uses it stops working.`
      await confirm(`${cost} End it?`, isSafe || options.yes === true)
      const ids = secrets.map((secret) => secret.id)
      const ended = await clients.endOldSecrets(id, { ids }).catch(refuseChanged('secrets'))
      return options.json ? toJson(toPlain(ended)) : `Ended the old secret of ${name} (${id}).`
    }),
  )
}

const toNothing = ({ clientId, metadata }: RegisteredClient): string =>
  `${clean(metadata.client_name ?? clientId)} (${clientId}) has no old secret.`
