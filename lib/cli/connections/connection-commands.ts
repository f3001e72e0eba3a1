import { Command } from 'commander'
import type { Administration } from '../../administration.ts'
import type { RevokedGrants } from '../../index.ts'
import { findGranted, type GrantedClient } from '../clients/find-client.ts'
import {
  runWith,
  toSourceHelp,
  withChangeOptions,
  withCommonOptions,
  type CommonOptions,
} from '../run.ts'
import { confirm } from '../terminal/questions.ts'
import { Refusal, UsageError } from '../terminal/refusals.ts'
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
    .option('--client <client>', 'only what this client was granted: its id, or its name')
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
    runWith(options, async (opened) => {
      checkSubject(subject)
      const { client: given } = options
      const client = given === undefined ? undefined : await findGranted(opened, given)
      const listed = await opened.connections.list({
        subject,
        ...(client && { clientId: client.clientId }),
      })
      if (client && listed.length === 0) refuseUnknownClient(client)
      const names = await findNames(
        opened,
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
    .option('--client <client>', 'every grant of this client, by its id or name, registered or not')
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
  return withChangeOptions(command).action((grantId: string | undefined, options: RevokeOptions) =>
    runWith(options, async (opened) => {
      refuseUnknownOptions(command.args)
      const client = await findClientOf(opened, grantId, options)
      const which = client ? toGrants(client, options) : { grantId: grantId ?? '' }
      const question = await toQuestion(opened, which, client)
      if (question !== undefined) await confirm(question, options.yes)
      const ended = await opened.connections.revoke(which)
      if (!client && ended === 0)
        throw new Refusal('no grant has this id: it has ended, or never existed')
      if (client && ended === 0) refuseUnknownClient(client)
      return options.json ? toJson({ ended }) : `Ended ${toCount(ended)}.`
    }),
  )
}

function refuseUnknownOptions(args: readonly string[]): void {
  const unknown = args.find((arg) => /^-([a-z]|-[a-z-]*)(=|$)/i.test(arg))
  if (unknown !== undefined) throw new UsageError(`unknown option '${clean(unknown)}'`)
}

/** The client whose grants are to end; `undefined` if it is one grant. */
async function findClientOf(
  opened: Administration,
  grantId: string | undefined,
  { client, subject }: RevokeOptions,
): Promise<GrantedClient | undefined> {
  if ((grantId === undefined) === (client === undefined))
    throw new UsageError('say what to end: either a grant id, or --client')
  if (client === undefined) {
    if (subject === undefined) return undefined
    throw new UsageError('--subject goes with --client: a grant is for one subject')
  }
  if (subject !== undefined) checkSubject(subject)
  return findGranted(opened, client)
}

const toGrants = ({ clientId }: GrantedClient, { subject }: RevokeOptions): RevokedGrants => ({
  clientId,
  ...(subject !== undefined && { subject }),
})

/** A client that was granted nothing may be one of the options that is not known here, or a misspelled one. */
function refuseUnknownClient({ clientId, isKnown }: GrantedClient): void {
  if (isKnown) return
  throw new Refusal(
    `no such client is known: ${clean(clientId)} is neither the id nor the name of a registered one, and was granted nothing here (clients given with the options of a server go by their ids)`,
  )
}

/** Undefined if it is known that there is nothing to end. */
async function toQuestion(
  { connections }: Administration,
  which: RevokedGrants,
  { name }: Partial<GrantedClient> = {},
): Promise<string | undefined> {
  if ('grantId' in which) return `End the grant ${clean(which.grantId)}? It cannot be undone.`
  const { clientId, subject } = which
  const client = clean(name === undefined ? clientId : `${name} (${clientId})`)
  if (subject === undefined)
    return `End everything that ${client} was granted? It cannot be undone.`
  const listed = await connections.list({ subject, clientId })
  const count = listed.flatMap(({ grants }) => grants).length
  if (count === 0) return undefined
  return `End what ${client} was granted for ${subject}, ${toCount(count)} now? It cannot be undone.`
}

const toCount = (count: number): string => `${count} ${count === 1 ? 'grant' : 'grants'}`
