import { Command } from 'commander'
import type { Clients } from '../../index.ts'
import { runWith, withCommonOptions, type CommonOptions } from '../run.ts'
import type { Answer } from '../terminal/print.ts'
import { confirm } from '../terminal/questions.ts'
import { bold, clean, toJson } from '../terminal/text.ts'
import { findClient } from './find.ts'
import { toPlain } from './show.ts'

interface TokenOptions extends CommonOptions {
  readonly yes?: boolean
}

/** What is done with the tokens with which clients manage themselves: one that leaked is taken away. */
export const createRegistrationTokenCommands = (): readonly Command[] => [
  createCommand({
    name: 'rotate-registration-token',
    description: 'make a new registration access token, shown this once; the old one stops at once',
    question: 'Make a new registration access token? The one before stops working at once.',
    async act(clients, id, shown, json) {
      const { client, token } = await clients.rotateRegistrationToken(id)
      const text = json
        ? toJson({ client: toPlain(client), token })
        : `New registration access token of ${shown}:\n\n  ${bold(token)}\n\nIt is shown this once: only a hash of it is kept.`
      const again = `pleo-oauth clients rotate-registration-token ${clean(id)}`
      return { text, ifLost: `The new token is lost. To make another one: ${again}` }
    },
  }),
  createCommand({
    name: 'end-registration-token',
    description: 'end the registration access token: the client no longer manages itself',
    question: 'End the registration access token? The client no longer manages itself.',
    async act(clients, id, shown, json) {
      const client = await clients.endRegistrationToken(id)
      return json ? toJson(toPlain(client)) : `Ended the registration access token of ${shown}.`
    },
  }),
]

interface TokenCommand {
  readonly name: string
  readonly description: string
  readonly question: string
  readonly act: (
    clients: Clients,
    id: string,
    shown: string,
    json: boolean,
  ) => Promise<Answer | string>
}

function createCommand({ name, description, question, act }: TokenCommand): Command {
  const command = new Command(name)
    .description(description)
    .argument('<client-id>')
    .option('--yes', 'do not ask')
    .addHelpText(
      'after',
      `
It is for clients that registered themselves over HTTP.

Examples:
  pleo-oauth clients ${name} <client-id>
  pleo-oauth clients ${name} <client-id> --yes --json`,
    )
  return withCommonOptions(command).action((id: string, options: TokenOptions) =>
    runWith(options, async ({ clients }) => {
      const { metadata } = await findClient(clients, id, options)
      const shown = `${clean(metadata.client_name ?? id)} (${clean(id)})`
      await confirm(`${shown}: ${question} Go on?`, options.yes === true)
      return act(clients, id, shown, options.json === true)
    }),
  )
}
