import { Command, Option } from 'commander'
import type { Clients, SubjectType } from '../../index.ts'
import { runWith, withChangeOptions, type CommonOptions } from '../run.ts'
import type { Answer } from '../terminal/print.ts'
import { bold, toIso, toJson, toTime } from '../terminal/text.ts'
import { toDays, toScope } from './client-options.ts'

interface InviteOptions extends CommonOptions {
  readonly days?: number
  readonly scope?: readonly string[]
  readonly subjectType?: readonly SubjectType[]
}

/** Makes an initial access token. */
export function createInviteCommand(): Command {
  const command = new Command('invite')
    .description('make a token with which a partner registers one client over HTTP')
    .option('--days <days>', 'days until it ends (default: 7)', toDays)
    .option('--scope <scope...>', 'the scopes that the client can have at most, one or more')
    .addOption(
      new Option('--subject-type <type...>', 'what it can be connected to').choices([
        'company',
        'organization',
      ]),
    )
    .addHelpText(
      'after',
      `
The token is shown this once. It works with an authorization server with the option "registration".

Examples:
  pleo-oauth clients invite
  pleo-oauth clients invite --scope companies:read --subject-type company
  pleo-oauth clients invite --days 1 --json | jq -r .token`,
    )
  return withChangeOptions(command).action((options: InviteOptions) =>
    runWith(options, ({ clients }) => invite(clients, options)),
  )
}

async function invite(
  clients: Clients,
  { days = 7, scope, subjectType, json }: InviteOptions,
): Promise<Answer> {
  const lifetime = days * 86_400
  const { token, expiresAt } = await clients.createInitialAccessToken({
    lifetime,
    ...(scope && { scopes: toScope(scope.join(' ')).split(' ') }),
    ...(subjectType && { subjectTypes: subjectType }),
  })
  const until = toTime(expiresAt)
  return {
    text: json
      ? toJson({ token, expiresAt: toIso(expiresAt) })
      : `Initial access token, for one client until ${until}:\n\n  ${bold(token)}`,
    ifLost: `There is a token that nobody has, and that ends at ${until}: make another one.`,
  }
}
