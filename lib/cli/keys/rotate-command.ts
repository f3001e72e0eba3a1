import { Command, Option } from 'commander'
import type { SigningKeyInfo, SigningKeys } from '../../keys/signing-keys.ts'
import { readCookieKeys } from '../open/cookie-keys.ts'
import { toSettingsHint } from '../open/settings-file.ts'
import { runWith, sayingWhy, withCommonOptions, type CommonOptions } from '../run.ts'
import { print } from '../terminal/print.ts'
import { confirm } from '../terminal/questions.ts'
import { toJson, toTime } from '../terminal/text.ts'
import { toNextCookieKeys } from './secrets.ts'
import { toKeyJson } from './show.ts'

interface RotateOptions extends CommonOptions {
  readonly cookies?: boolean
  readonly now?: boolean
  readonly yes?: boolean
}

/** Makes the next key. */
export function createRotateCommand(): Command {
  const command = new Command('rotate')
    .description('announce the next signing key; all servers go over to it by themselves')
    .option('--now', 'take all signing keys away at once: one got into the wrong hands')
    .option('--yes', 'with --now: do not ask')
    .addOption(
      new Option(
        '--cookies',
        'print what COOKIE_KEYS is to be at the next restart, and do nothing else',
      ).conflicts(['now', 'yes', 'config', 'keyPrefix']),
    )
    .addHelpText(
      'after',
      `
It fails, and changes nothing, while the key that was announced last is not in use yet.

Of COOKIE_KEYS the first signs, and all are accepted. With --cookies, a new key is the second, and comes to the front the next
time: all processes must have what was printed last before they are given the next.

Examples:
  pleo-oauth keys rotate
  pleo-oauth keys rotate --now --yes --json
  pleo-oauth keys rotate --cookies`,
    )
  return withCommonOptions(command).action((options: RotateOptions) =>
    options.cookies
      ? rotateCookieKeys(command, options)
      : runWith(options, ({ signingKeys }) => rotate(signingKeys, options)),
  )
}

const question =
  'Take every signing key away now? What they have signed is good no more, and what is signed from now on is refused by APIs until they read the new key.'

async function rotate(
  signingKeys: SigningKeys,
  { now: isNow = false, yes: isMeant = false, json }: RotateOptions,
): Promise<string> {
  if (isNow) await confirm(question, isMeant)
  const keys = await signingKeys.rotate({ now: isNow })
  return json ? toKeyJson(keys) : toRotated(keys)
}

function toRotated(keys: readonly SigningKeyInfo[]): string {
  const [newest, before] = keys.toReversed()
  if (!newest) return ''
  if (!before) return `${newest.kid} is the only signing key now.`
  return `${newest.kid} is announced, and used from ${toTime(newest.usedFrom)} on.
${before.kid} is retired at ${toTime(before.retiredAt)}.
Nothing has to be restarted, or done then.`
}

function rotateCookieKeys(command: Command, { json }: CommonOptions): Promise<void> {
  const keys = readCookieKeys()
  if (!keys)
    command.error(
      `error: COOKIE_KEYS must be set: secrets separated by commas, none empty${toSettingsHint()}`,
    )
  const next = toNextCookieKeys(keys)
  if (next.some(({ length }) => length < 32))
    process.stderr.write(
      'warning: COOKIE_KEYS has a secret of fewer than 32 characters, which a server in production refuses. Replace the whole list with secrets of pleo-oauth keys generate --cookie: people sign in again then\n',
    )
  const ifLost = 'Nobody has the new key: run the command again.'
  return sayingWhy(() => print({ text: json ? toJson(next) : next.join(','), ifLost }))
}
