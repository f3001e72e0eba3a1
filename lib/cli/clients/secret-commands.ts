import { Command } from 'commander'
import { findInUse } from '../../administration.ts'
import type { Clients, ClientSecretInfo, RegisteredClient } from '../../index.ts'
import { runWith, withChangeOptions, type CommonOptions } from '../run.ts'
import type { Answer } from '../terminal/print.ts'
import { confirm } from '../terminal/questions.ts'
import { clean, toTime } from '../terminal/text.ts'
import { refuseChanged, toDays } from './client-options.ts'
import { clientWords, findClient } from './find-client.ts'
import { toAdvice, toClientJson, toCreated, toSecretAnswer, toShown } from './show-client.ts'

interface RotateOptions extends CommonOptions {
  readonly oldEndsIn?: number
  readonly now?: boolean
}

/** Makes a new secret. */
export function createRotateCommand(): Command {
  const command = new Command('rotate')
    .description('make a new secret, shown this once; the old one goes on for 7 days')
    .argument('<client-id>', clientWords)
    .option('--old-ends-in <days>', 'days until the old one ends (default: 7)', toDays)
    .option('--now', 'end the old one at once: it got into the wrong hands')
    .option('--yes', 'do not ask')
    .addHelpText(
      'after',
      `
If the client has two secrets already, the one that was used last goes on (the older one if none was used), and the other one ends
at once: the command says which one. It asks first if that one may be in use, and with --now. Away from a terminal, --yes answers.

Examples:
  pleo-oauth clients rotate <client-id>
  pleo-oauth clients rotate <client-id> --old-ends-in 30
  pleo-oauth clients rotate <client-id> --now --yes --json | jq -r .secret`,
    )
  return withChangeOptions(command).action((given: string, options: RotateOptions) =>
    runWith(options, ({ clients }) => rotate(clients, given, options)),
  )
}

async function rotate(clients: Clients, given: string, options: RotateOptions): Promise<Answer> {
  const { oldEndsIn: days = 7, now: isNow = false, yes, json } = options
  const before = await findClient(clients, given, options)
  const question = toQuestion(before, isNow)
  if (question !== undefined) await confirm(question, yes)
  const created = await clients.rotateSecret(before.clientId, {
    now: isNow,
    oldEndsIn: days * 86_400,
  })
  const { client, secret = null } = created
  const ended = before.secrets.filter((one) => !client.secrets.some((left) => left.id === one.id))
  const text = json
    ? toClientJson({ client, secret, ended: ended.map((one) => one.id) })
    : [toCreated(created, 'New secret of'), ...toOldLines(client, ended)].join('\n')
  return toSecretAnswer(created, text)
}

/** The question before the rotation; `undefined` if no secret ends at once that may be in use. */
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

/** Says which of the older secrets go on, and which have ended. */
function toOldLines(
  { secrets: [, old] }: RegisteredClient,
  ended: readonly ClientSecretInfo[],
): readonly string[] {
  const lines = ended.map((one) => `The one ${toLife(one)} has ended.`)
  return old ? [`The old one works until ${toTime(old.expiresAt)}.`, ...lines] : lines
}

const toLife = ({ createdAt, lastUsedAt }: ClientSecretInfo): string =>
  `made ${toTime(createdAt)} (${lastUsedAt === undefined ? 'never used' : `last used ${toTime(lastUsedAt)}`})`

/** Ends the older secret ahead of its time. */
export function createEndOldSecretsCommand(): Command {
  const command = new Command('end-old-secrets')
    .description('end every secret but the newest; asks first if that is not safe')
    .argument('<client-id>', clientWords)
    .option('--yes', 'do not ask, safe or not')
    .addHelpText(
      'after',
      `
It is safe if the newest secret is in use, and the old one was not used for an hour. Then the command does not ask.
If it is not safe, there is no terminal and --yes is not given, nothing is changed, and the command ends with 1.

Examples:
  pleo-oauth clients end-old-secrets <client-id>
  pleo-oauth clients end-old-secrets <client-id> --yes --json`,
    )
  return withChangeOptions(command).action((given: string, options: CommonOptions) =>
    runWith(options, async ({ clients }) => {
      const client = await findClient(clients, given, options)
      const { clientId, secrets } = client
      if (secrets.length < 2)
        return options.json ? toClientJson(client) : `${toShown(client)} has no old secret.`
      const isSafe = secrets.slice(1).every(({ isSafeToEnd }) => isSafeToEnd)
      const shown = toShown(client)
      const cost = `${await toAdvice(secrets)}\nEvery copy of ${shown} that still uses it stops working.`
      await confirm(`${cost} End it?`, isSafe || options.yes)
      const ids = secrets.map((secret) => secret.id)
      const ended = await clients.endOldSecrets(clientId, { ids }).catch(refuseChanged('secrets'))
      return options.json ? toClientJson(ended) : `Ended the old secret of ${shown}.`
    }),
  )
}
