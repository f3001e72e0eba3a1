import { Command } from 'commander'
import type { Clients } from '../../index.ts'
import { UnknownClientError } from '../../errors.ts'
import { confirm } from '../terminal/questions.ts'
import { runWith, withCommonOptions, type CommonOptions } from '../run.ts'
import { findClient } from './find.ts'
import { toPlain } from './show.ts'
import { clean, toJson } from '../terminal/text.ts'

interface LifeOptions extends CommonOptions {
  readonly yes?: boolean
}

/** What suspends clients, resumes and removes them. */
export const createLifeCommands = (): readonly Command[] => [
  createCommand({
    name: 'suspend',
    description: 'take everything from a client until it is resumed; what people granted stays',
    question: (name) => `Suspend ${name}? It stops working at once.`,
    act: async (clients, id) => toPlain(await clients.suspend(id)),
    done: 'Suspended',
  }),
  createCommand({
    name: 'resume',
    description: 'give a suspended client everything back',
    act: async (clients, id) => toPlain(await clients.resume(id)),
    done: 'Resumed',
  }),
  createCommand({
    name: 'remove',
    description: 'end a client with everything it was granted, for ever',
    question: (name) => `Remove ${name} with everything people granted it? It cannot be undone.`,
    act: async (clients, id) => {
      if (!(await clients.remove(id))) throw new UnknownClientError()
      return { clientId: id, removed: true }
    },
    note: `
Each grant has its event, with the reason "client_removed", and only listeners in this process hear them: those of the
module that --config names.
`,
    done: 'Removed',
  }),
]

interface LifeCommand {
  readonly name: string
  readonly description: string
  /** What is asked before; nothing is, where it can be undone without a loss. */
  readonly question?: (name: string) => string
  /** What else there is to know, between empty lines. */
  readonly note?: string
  /** Answers what is printed as JSON. */
  readonly act: (clients: Clients, id: string) => Promise<object>
  readonly done: string
}

function createCommand({ name, description, question, note, act, done }: LifeCommand): Command {
  const command = new Command(name).description(description).argument('<client-id>')
  if (question) command.option('--yes', 'do not ask')
  command.addHelpText(
    'after',
    `${note ?? ''}
Examples:
  pleo-oauth clients ${name} <client-id>
  pleo-oauth clients ${name} <client-id>${question ? ' --yes' : ''} --json`,
  )
  return withCommonOptions(command).action((id: string, options: LifeOptions) =>
    runWith(options, async ({ clients }) => {
      const client = await findClient(clients, id, options)
      const shown = clean(client.metadata.client_name ?? id)
      if (question) await confirm(question(`${shown} (${id})`), options.yes === true)
      const result = await act(clients, id)
      return options.json ? toJson(result) : `${done} ${shown} (${id}).`
    }),
  )
}
