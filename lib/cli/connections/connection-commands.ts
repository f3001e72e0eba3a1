import { Command } from 'commander'
import type { Administration } from '../../administration.ts'
import type { RevokedGrants } from '../../index.ts'
import { runWith, toSourceHelp, withCommonOptions, type CommonOptions } from '../run.ts'
import { confirm } from '../terminal/questions.ts'
import { Refusal } from '../terminal/refusals.ts'
import { clean, toJson } from '../terminal/text.ts'
import { checkSubject, findNames, toConnectionJson, toConnectionPage } from './show-connections.ts'

/** Creates `connections` with all its commands. */
export const createConnectionsCommand = (): Command =>
  new Command('connections')
    .description('Connections: what people granted to clients; show it, end it')
    .addHelpText(
      'after',
      `${toSourceHelp('connections')}

Examples:
  export REDIS_URL=redis://localhost:6379 STORAGE_KEYS=...
  pleo-oauth connections list <subject>
  pleo-oauth connections revoke <grant-id>
  pleo-oauth connections revoke --client <client-id> --subject <subject>`,
    )
    .addCommand(createListCommand())
    .addCommand(createRevokeCommand())

interface ListOptions extends CommonOptions {
  readonly client?: string
}

function createListCommand(): Command {
  const command = new Command('list')
    .description('list what people granted for a company or organization')
    .argument('<subject>', 'its URN, like urn:pleo:company:<uuid>')
    .option('--client <client-id>', 'only what this client was granted')
    .addHelpText(
      'after',
      `
Connections are stored by company and organization. All that one client was granted cannot be listed.

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
      return options.json ? toConnectionJson(listed, names) : toConnectionPage(listed, names)
    }),
  )
}

interface RevokeOptions extends CommonOptions {
  readonly client?: string
  readonly subject?: string
}

function createRevokeCommand(): Command {
  const command = new Command('revoke')
    .description('end one grant, or all of a client: its tokens stop working at once')
    .argument('[grant-id]', 'the grant, as list shows it')
    .option('--client <client-id>', 'every grant of this client, registered or not')
    .option('--subject <subject>', 'with --client: only those for this URN')
    .option('--yes', 'do not ask')
    // A grant id can begin with `-`, like an option.
    .allowUnknownOption()
    .addHelpText(
      'after',
      `
People can connect the client again. To prevent that, suspend or remove it. The events have the reason "administrator". Only
listeners in this process hear them: those of the module that --config names.

Examples:
  pleo-oauth connections revoke <grant-id>
  pleo-oauth connections revoke --client <client-id> --subject <subject>
  pleo-oauth connections revoke --client <client-id> --yes --json | jq .ended`,
    )
  return withCommonOptions(command).action((grantId: string | undefined, options: RevokeOptions) =>
    runWith(options, async (opened) => {
      refuseUnknownOptions(command.args)
      const which = toGrants(grantId, options)
      await confirm(await toQuestion(opened, which), options.yes)
      const ended = await opened.connections.revoke(which)
      if ('grantId' in which && ended === 0)
        throw new Refusal('no grant has this id: it has ended, or never existed')
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
