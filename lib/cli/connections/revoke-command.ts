import { Command } from 'commander'
import type { RevokedGrants } from '../../grants/connections.ts'
import type { Administration } from '../../administration.ts'
import { runWith, withCommonOptions, type CommonOptions } from '../run.ts'
import { confirm } from '../terminal/questions.ts'
import { Refusal } from '../terminal/refusal.ts'
import { clean, toJson } from '../terminal/text.ts'
import { checkSubject } from './show.ts'

interface RevokeOptions extends CommonOptions {
  readonly client?: string
  readonly subject?: string
  readonly yes?: boolean
}

/** Ends what people granted. */
export function createRevokeCommand(): Command {
  const command = new Command('revoke')
    .description('end one grant, or all of a client: its tokens stop working at once')
    .argument('[grant-id]', 'the grant, as list shows it')
    .option('--client <client-id>', 'every grant of this client, registered or not')
    .option('--subject <subject>', 'with --client: only those for this URN')
    .option('--yes', 'do not ask')
    // A grant id is of letters, digits, - and _: it may begin like an option.
    .allowUnknownOption()
    .addHelpText(
      'after',
      `
The client can be connected again: to end it for good, suspend or remove it. The events that are told have the reason
"administrator", and only listeners in this process hear them: those of the module that --config names.

Examples:
  pleo-oauth connections revoke <grant-id>
  pleo-oauth connections revoke --client <client-id> --subject <subject>
  pleo-oauth connections revoke --client <client-id> --yes --json | jq .ended`,
    )
  return withCommonOptions(command).action((grantId: string | undefined, options: RevokeOptions) =>
    runWith(options, async (opened) => {
      refuseUnknownOptions(command.args)
      const which = toGrants(grantId, options)
      await confirm(await toQuestion(opened, which), options.yes === true)
      const ended = await opened.connections.revoke(which)
      if ('grantId' in which && ended === 0)
        throw new Refusal('there is no such grant: it has ended, or never was')
      return options.json ? toJson({ ended }) : `Ended ${toCount(ended)}.`
    }),
  )
}

function refuseUnknownOptions(args: readonly string[]): void {
  const unknown = args.find((arg) => /^-([a-z]|-[a-z-]*)(=|$)/i.test(arg))
  if (unknown !== undefined) throw new Refusal(`unknown option '${clean(unknown)}'`)
}

function toGrants(grantId: string | undefined, options: RevokeOptions): RevokedGrants {
  const { client: clientId, subject } = options
  if ((grantId === undefined) === (clientId === undefined))
    throw new Refusal('say what to end: either a grant id, or --client')
  if (grantId !== undefined) {
    if (subject === undefined) return { grantId }
    throw new Refusal('--subject goes with --client: a grant is for one subject')
  }
  if (subject !== undefined) checkSubject(subject)
  return { clientId: clientId ?? '', ...(subject !== undefined && { subject }) }
}

async function toQuestion(
  { clients, connections }: Administration,
  which: RevokedGrants,
): Promise<string> {
  if ('grantId' in which) return `End the grant ${clean(which.grantId)}? It cannot be undone.`
  const { clientId, subject } = which
  const name = (await clients.find(clientId))?.metadata.client_name
  const client = clean(name === undefined ? clientId : `${name} (${clientId})`)
  if (subject === undefined)
    return `End everything that ${client} was granted? It cannot be undone.`
  const listed = await connections.list({ subject, clientId })
  const count = toCount(listed.flatMap(({ grants }) => grants).length)
  return `End what ${client} was granted for ${subject}, ${count} now? It cannot be undone.`
}

const toCount = (count: number): string => `${count} ${count === 1 ? 'grant' : 'grants'}`
