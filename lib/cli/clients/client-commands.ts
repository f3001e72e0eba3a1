import { Command } from 'commander'
import type { Clients } from '../../index.ts'
import { UnknownClientError } from '../../errors.ts'
import {
  runWith,
  toSourceHelp,
  withChangeOptions,
  withCommonOptions,
  type CommonOptions,
} from '../run.ts'
import type { Answer } from '../terminal/print.ts'
import { confirm } from '../terminal/questions.ts'
import { bold, clean } from '../terminal/text.ts'
import { createCreateCommand } from './create-command.ts'
import { clientWords, findClient } from './find-client.ts'
import { createInviteCommand } from './invite-command.ts'
import { createEndOldSecretsCommand, createRotateCommand } from './secret-commands.ts'
import { describeClient, toClientJson, toClientTable, toShown } from './show-client.ts'
import { createUpdateCommand } from './update-command.ts'

/** Creates `clients` with all its commands. */
export function createClientsCommand(): Command {
  const command = new Command('clients')
    .description('Clients: register them, change them, rotate their secrets')
    .addHelpText(
      'after',
      `${toSourceHelp('clients')}

Examples:
  export REDIS_URL=redis://localhost:6379 STORAGE_KEYS=...
  pleo-oauth clients list
  pleo-oauth clients create
  pleo-oauth clients show <client-id> --json
  pleo-oauth clients list --config ./server.js`,
    )
  const commands = [
    createCreateCommand(),
    createShowCommand(),
    createListCommand(),
    createUpdateCommand(),
    createRotateCommand(),
    createInviteCommand(),
    createEndOldSecretsCommand(),
    ...actions.map((action) => createActionCommand(action)),
  ]
  for (const one of commands) command.addCommand(one)
  return command
}

function createShowCommand(): Command {
  const command = new Command('show')
    .description('show a client, and whether its old secret is safe to end')
    .argument('<client-id>', clientWords)
    .addHelpText(
      'after',
      `
Examples:
  pleo-oauth clients show 0b8f7f3e-6f0c-4b53-9a26-6f4f2c1c7f5a
  pleo-oauth clients show 0b8f7f3e-6f0c-4b53-9a26-6f4f2c1c7f5a --json`,
    )
  return withCommonOptions(command).action((given: string, options: CommonOptions) =>
    runWith(options, async (administration) => {
      const client = await findClient(administration.clients, given, options)
      return describeClient(administration, client, options)
    }),
  )
}

function createListCommand(): Command {
  const command = new Command('list')
    .description('list all registered clients, from the oldest to the newest')
    .addHelpText(
      'after',
      `
Examples:
  pleo-oauth clients list
  pleo-oauth clients list --json | \\
    jq -r '.[] | select(.isSelfRegistered).clientId'`,
    )
  return withCommonOptions(command).action((options: CommonOptions) =>
    runWith(options, async ({ clients }) => {
      const all = await clients.list()
      return options.json ? toClientJson(all) : toClientTable(all)
    }),
  )
}

/** A command that takes a client and has no option but `--yes`. */
interface ClientAction {
  readonly name: string
  readonly description: string
  /** Absent if the action can be undone without loss: then the command asks nothing. */
  readonly question?: (shown: string) => string
  /** More help, above the examples. */
  readonly note?: string
  readonly act: (clients: Clients, id: string, shown: string) => Promise<Done>
}

interface Done extends Answer {
  /** The answer for scripts. */
  readonly plain: object
}

const noteOnTokens = '\nIt is for clients that registered themselves over HTTP.\n'

const actions: readonly ClientAction[] = [
  {
    name: 'rotate-registration-token',
    description: 'make a new registration access token, shown this once; the old one stops at once',
    question: (shown) =>
      `${shown}: Make a new registration access token? The one before stops working at once. Go on?`,
    note: noteOnTokens,
    async act(clients, id, shown) {
      const { client, token } = await clients.rotateRegistrationToken(id)
      return {
        plain: { client, token },
        text: `New registration access token of ${shown}:\n\n  ${bold(token)}\n\nIt is shown this once: only a hash of it is kept.`,
        ifLost: `The new token is lost. To make another one: pleo-oauth clients rotate-registration-token ${clean(id)}`,
      }
    },
  },
  {
    name: 'end-registration-token',
    description: 'end the registration access token: the client no longer manages itself',
    question: (shown) =>
      `${shown}: End the registration access token? The client no longer manages itself. Go on?`,
    note: noteOnTokens,
    act: async (clients, id, shown) => ({
      plain: await clients.endRegistrationToken(id),
      text: `Ended the registration access token of ${shown}.`,
    }),
  },
  {
    name: 'suspend',
    description: 'take everything from a client until it is resumed; what people granted stays',
    question: (shown) => `Suspend ${shown}? It stops working at once.`,
    act: async (clients, id, shown) => ({
      plain: await clients.suspend(id),
      text: `Suspended ${shown}.`,
    }),
  },
  {
    name: 'resume',
    description: 'give a suspended client everything back',
    act: async (clients, id, shown) => ({
      plain: await clients.resume(id),
      text: `Resumed ${shown}.`,
    }),
  },
  {
    name: 'remove',
    description: 'end a client with everything it was granted, for ever',
    question: (shown) => `Remove ${shown} with everything people granted it? It cannot be undone.`,
    note: `
Each grant has its event, with the reason "client_removed". Only listeners in this process hear them: those of the
module that --config names.
`,
    async act(clients, id, shown) {
      if (!(await clients.remove(id))) throw new UnknownClientError()
      return { plain: { clientId: id, removed: true }, text: `Removed ${shown}.` }
    },
  },
]

function createActionCommand({ name, description, question, note, act }: ClientAction): Command {
  const command = new Command(name).description(description).argument('<client-id>', clientWords)
  if (question) command.option('--yes', 'do not ask')
  command.addHelpText(
    'after',
    `${note ?? ''}
Examples:
  pleo-oauth clients ${name} <client-id>
  pleo-oauth clients ${name} <client-id>${question ? ' --yes' : ''} --json`,
  )
  return withChangeOptions(command).action((given: string, options: CommonOptions) =>
    runWith(options, async ({ clients }) => {
      const client = await findClient(clients, given, options)
      const shown = toShown(client)
      if (question) await confirm(question(shown), options.yes)
      const { plain, text, ifLost } = await act(clients, client.clientId, shown)
      return { text: options.json ? toClientJson(plain) : text, ifLost }
    }),
  )
}
