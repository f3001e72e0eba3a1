import { Command, Option } from 'commander'
import type { SigningKeyInfo, SigningKeys } from '../index.ts'
import { generateSecret, rotateCookieKeys } from './cookie-keys.ts'
import {
  runWith,
  sayingWhy,
  withChangeOptions,
  withCommonOptions,
  type CommonOptions,
} from './run.ts'
import { print } from './terminal/print.ts'
import { confirm } from './terminal/questions.ts'
import { UsageError } from './terminal/refusals.ts'
import { toJson, toTable, toTime } from './terminal/text.ts'

/** Creates `keys` with all its commands. */
export const createKeysCommand = (): Command =>
  new Command('keys')
    .description('Keys: make them, look at the signing keys, rotate them')
    .addHelpText(
      'after',
      `
list and rotate use the signing keys in the storage (signingKeys: 'stored'). Set REDIS_URL and STORAGE_KEYS as for the
authorization server. With --config, they use the authorization server that a module of yours exports.

Examples:
  pleo-oauth keys generate --storage
  pleo-oauth keys list
  pleo-oauth keys rotate
  pleo-oauth keys rotate --cookies`,
    )
    .addCommand(createGenerateCommand())
    .addCommand(createListCommand())
    .addCommand(createRotateCommand())

interface GenerateOptions {
  readonly cookie?: boolean
  readonly storage?: boolean
  readonly signing?: boolean
}

const createGenerateCommand = (): Command =>
  new Command('generate')
    .description('print a new key, and nothing else; it is not stored')
    .option('--cookie', 'a secret for COOKIE_KEYS (cookieKeys)')
    .addOption(
      new Option('--storage', 'a secret for STORAGE_KEYS (keys of the Redis adapter)').conflicts(
        'cookie',
      ),
    )
    .addOption(
      new Option(
        '--signing',
        'a JWK set with a private key (ES256), for signingKeys that you keep yourself',
      ).conflicts(['cookie', 'storage']),
    )
    .addHelpText(
      'after',
      `
Examples:
  export COOKIE_KEYS=$(pleo-oauth keys generate --cookie)
  KEY=$(pleo-oauth keys generate --storage)
  export STORAGE_KEYS="\${STORAGE_KEYS:+$STORAGE_KEYS,}$KEY"
  (umask 077 && pleo-oauth keys generate --signing > signing-keys.json)`,
    )
    .action(({ cookie, storage, signing }: GenerateOptions) =>
      sayingWhy(async () => {
        if (!cookie && !storage && !signing)
          throw new UsageError('say what it is for: --cookie, --storage or --signing')
        const text = signing ? await generateSigningKeys() : generateSecret()
        await print({ text, ifLost: 'Nobody has the key: run the command again.' })
      }),
    )

async function generateSigningKeys(): Promise<string> {
  const administration = await import('../administration.ts')
  return JSON.stringify(administration.generateSigningKeys())
}

function createListCommand(): Command {
  const command = new Command('list')
    .description('list the signing keys in the storage, from the oldest to the newest')
    .addHelpText(
      'after',
      `
The private part of a key is never shown.

Examples:
  pleo-oauth keys list
  pleo-oauth keys list --json | jq -r '.[] | select(.state == "in use").kid'`,
    )
  return withCommonOptions(command).action((options: CommonOptions) =>
    runWith(options, async ({ signingKeys }) => {
      const keys = await signingKeys.list()
      return options.json ? toKeyJson(keys) : toKeyTable(keys)
    }),
  )
}

interface RotateOptions extends CommonOptions {
  readonly cookies?: boolean
  readonly now?: boolean
}

function createRotateCommand(): Command {
  const command = new Command('rotate')
    .description('announce the next signing key; all servers change to it by themselves')
    .option('--now', 'remove all signing keys at once: one got into the wrong hands')
    .option('--yes', 'with --now: do not ask')
    .addOption(
      new Option(
        '--cookies',
        'print the value of COOKIE_KEYS for the next restart, and do nothing else',
      ).conflicts(['now', 'yes', 'config', 'keyPrefix', 'as', 'auditLog']),
    )
    .addHelpText(
      'after',
      `
It fails, and changes nothing, while the key that was announced last is not in use yet.

The first of COOKIE_KEYS signs, and all are accepted. --cookies puts a new key in the second place, and moves it to the front
the next time. Restart all processes with the printed value before you print the next one.

Examples:
  pleo-oauth keys rotate
  pleo-oauth keys rotate --now --yes --json
  pleo-oauth keys rotate --cookies`,
    )
  return withChangeOptions(command).action((options: RotateOptions) =>
    options.cookies
      ? sayingWhy(() => print(rotateCookieKeys(options)))
      : runWith(options, ({ signingKeys }) => rotate(signingKeys, options)),
  )
}

const question =
  'Remove every signing key now? Tokens that they signed are no longer valid, and APIs refuse new tokens until they read the new key.'

async function rotate(
  signingKeys: SigningKeys,
  { now: isNow = false, yes, json }: RotateOptions,
): Promise<string> {
  if (isNow) await confirm(question, yes)
  const keys = await signingKeys.rotate({ now: isNow })
  return json ? toKeyJson(keys) : toRotated(keys)
}

function toRotated(keys: readonly SigningKeyInfo[]): string {
  const [newest, before] = keys.toReversed()
  if (!newest) return ''
  if (!before) return `${newest.kid} is the only signing key now.`
  return `${newest.kid} is announced, and used from ${toTime(newest.usedFrom)} on.
${before.kid} is retired at ${toTime(before.retiredAt)}.
You do not have to restart anything.`
}

function toKeyTable(keys: readonly SigningKeyInfo[]): string {
  if (keys.length === 0) return 'There are no signing keys in the storage.'
  const rows = keys.map(({ kid, algorithm, state, announcedAt, usedFrom, retiredAt }) => [
    kid,
    algorithm,
    state,
    toTime(announcedAt),
    toTime(usedFrom),
    toTime(retiredAt),
  ])
  return toTable([['KID', 'ALGORITHM', 'STATE', 'ANNOUNCED', 'USED FROM', 'RETIRED'], ...rows])
}

const toKeyJson = (keys: readonly SigningKeyInfo[]): string =>
  toJson(keys, ['announcedAt', 'usedFrom', 'retiredAt'])
