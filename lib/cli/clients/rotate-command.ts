import { Command } from 'commander'
import type { Clients } from '../../clients/clients.ts'
import { confirm } from '../terminal/questions.ts'
import { runWith, withCommonOptions, type CommonOptions } from '../run.ts'
import { toDays } from './days.ts'
import { toCreated, toPlain } from './show.ts'
import { toJson, toTime } from '../terminal/text.ts'

interface RotateOptions extends CommonOptions {
  readonly oldEndsIn?: number
  readonly now?: boolean
  readonly yes?: boolean
}

/** Makes another secret. */
export function createRotateCommand(): Command {
  const command = new Command('rotate')
    .description('make a new secret, shown this once; the old one goes on for 7 days')
    .argument('<client-id>')
    .option('--old-ends-in <days>', 'days until the old one ends (default: 7)', toDays)
    .option('--now', 'end the old one at once: it got into the wrong hands')
    .option('--yes', 'with --now: do not ask')
    .addHelpText(
      'after',
      `
Of two old secrets, the one that was used last goes on, and the other ends at once.

Examples:
  pleo-oauth clients rotate <client-id>
  pleo-oauth clients rotate <client-id> --old-ends-in 30
  pleo-oauth clients rotate <client-id> --now --yes --json | jq -r .secret`,
    )
  return withCommonOptions(command).action((id: string, options: RotateOptions) =>
    runWith(command, options, ({ clients }) => rotate(clients, id, options)),
  )
}

async function rotate(clients: Clients, id: string, options: RotateOptions): Promise<string> {
  const { oldEndsIn: days = 7, now: isNow = false, yes: isMeant = false, json } = options
  const question = `End every secret of ${id} now? Whatever uses one stops working.`
  if (isNow) await confirm(question, isMeant)
  const created = await clients.rotateSecret(id, { now: isNow, oldEndsIn: days * 86_400 })
  const { client, secret = null } = created
  if (json) return toJson({ client: toPlain(client), secret })
  const [, old] = client.secrets
  const end = old ? `works until ${toTime(old.expiresAt)}` : 'has ended'
  return `${toCreated(created, 'New secret of')}\nThe old one ${end}.`
}
