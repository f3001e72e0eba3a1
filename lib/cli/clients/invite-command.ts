import { Command } from 'commander'
import type { Clients } from '../../clients/clients.ts'
import { runWith, withCommonOptions, type CommonOptions } from '../run.ts'
import { bold, toIso, toJson, toTime } from '../terminal/text.ts'
import { toDays } from './days.ts'

interface InviteOptions extends CommonOptions {
  readonly days?: number
}

/** Makes a token with which a partner registers a client. */
export function createInviteCommand(): Command {
  const command = new Command('invite')
    .description('make a token with which a partner registers one client over HTTP')
    .option('--days <days>', 'days until it ends (default: 7)', toDays)
    .addHelpText(
      'after',
      `
The token is shown this once. It needs an authorization server with the option "registration".

Examples:
  pleo-oauth clients invite
  pleo-oauth clients invite --days 1 --json | jq -r .token`,
    )
  return withCommonOptions(command).action((options: InviteOptions) =>
    runWith(command, options, ({ clients }) => invite(clients, options)),
  )
}

async function invite(clients: Clients, { days = 7, json }: InviteOptions): Promise<string> {
  const lifetime = days * 86_400
  const { token, expiresAt } = await clients.createInitialAccessToken({ lifetime })
  if (json) return toJson({ token, expiresAt: toIso(expiresAt) })
  return `Initial access token, for one client until ${toTime(expiresAt)}:\n\n  ${bold(token)}`
}
