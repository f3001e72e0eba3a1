import { Command, Option } from 'commander'
import { generateSigningKeys } from '../../provider/signing-keys.ts'
import { sayingWhy } from '../run.ts'
import { print } from '../terminal/print.ts'
import { generateSecret } from './secrets.ts'

interface GenerateOptions {
  readonly cookie?: boolean
  readonly storage?: boolean
  readonly signing?: boolean
}

/** Makes key material, which is kept nowhere. */
export function createGenerateCommand(): Command {
  const command = new Command('generate')
    .description('print a new key, and nothing else; it is kept nowhere')
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
  return command.action(({ cookie, storage, signing }: GenerateOptions) => {
    if (!cookie && !storage && !signing)
      command.error('error: say what it is for: --cookie, --storage or --signing')
    const text = signing ? JSON.stringify(generateSigningKeys()) : generateSecret()
    const ifLost = 'Nobody has the key: run the command again.'
    return sayingWhy(() => print({ text, ifLost }))
  })
}
