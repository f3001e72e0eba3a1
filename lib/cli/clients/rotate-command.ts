import { Command } from 'commander'
import type { Clients, ClientSecretInfo, RegisteredClient } from '../../clients/clients.ts'
import { findInUse } from '../../clients/rotation.ts'
import { confirm } from '../terminal/questions.ts'
import { runWith, withCommonOptions, type CommonOptions } from '../run.ts'
import { toDays } from './days.ts'
import { findClient } from './find.ts'
import { toCreated, toPlain, toSecretAnswer } from './show.ts'
import type { Answer } from '../terminal/print.ts'
import { clean, toJson, toTime } from '../terminal/text.ts'

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
    .option('--yes', 'do not ask')
    .addHelpText(
      'after',
      `
Of two old secrets, the one that was used last goes on (the older one if none was used), and the other ends at once;
which one that was is said. Where it may be in use, and with --now, you are asked first; away from a terminal it takes --yes.

Examples:
  pleo-oauth clients rotate <client-id>
  pleo-oauth clients rotate <client-id> --old-ends-in 30
  pleo-oauth clients rotate <client-id> --now --yes --json | jq -r .secret`,
    )
  return withCommonOptions(command).action((id: string, options: RotateOptions) =>
    runWith(options, ({ clients }) => rotate(clients, id, options)),
  )
}

async function rotate(
  clients: Clients,
  id: string,
  options: RotateOptions,
): Promise<Answer | string> {
  const { oldEndsIn: days = 7, now: isNow = false, yes: isMeant = false, json } = options
  const before = await findClient(clients, id, options)
  const question = toQuestion(before, isNow)
  if (question !== undefined) await confirm(question, isMeant)
  const created = await clients.rotateSecret(id, { now: isNow, oldEndsIn: days * 86_400 })
  const { client, secret = null } = created
  const ended = before.secrets.filter((one) => !client.secrets.some((left) => left.id === one.id))
  const text = json
    ? toJson({ client: toPlain(client), secret, ended: ended.map((one) => one.id) })
    : [toCreated(created, 'New secret of'), ...toOldLines(client, ended)].join('\n')
  return toSecretAnswer(created, text)
}

/** What is asked before a secret ends at once that may be in use; `undefined` where none does. */
function toQuestion({ clientId, secrets }: RegisteredClient, isNow: boolean): string | undefined {
  if (isNow) return `End every secret of ${clean(clientId)} now? Whatever uses one stops working.`
  const [newest, old] = secrets
  if (!newest || !old) return undefined
  const isOldLeftAlone = (newest.lastUsedAt ?? 0) > (old.lastUsedAt ?? 0)
  if (old.isSafeToEnd && isOldLeftAlone) return undefined
  const inUse = findInUse(secrets)
  const lines = secrets.map(
    (one) => `  one ${toLife(one)}: ${one === inUse ? 'goes on' : 'ends now'}`,
  )
  return `${clean(clientId)} has two secrets:\n${lines.join('\n')}\nWhatever uses the one that ends stops working. Go on?`
}

/** What became of those before the new one. */
function toOldLines(
  { secrets: [, old] }: RegisteredClient,
  ended: readonly ClientSecretInfo[],
): readonly string[] {
  const lines = ended.map((one) => `The one ${toLife(one)} has ended.`)
  return old ? [`The old one works until ${toTime(old.expiresAt)}.`, ...lines] : lines
}

const toLife = ({ createdAt, lastUsedAt }: ClientSecretInfo): string =>
  `made ${toTime(createdAt)} (${lastUsedAt === undefined ? 'never used' : `last used ${toTime(lastUsedAt)}`})`
