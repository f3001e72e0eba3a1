import { Option, type Command } from 'commander'
import { ClientMetadataError, SigningKeyError, UnknownClientError } from '../errors.ts'
import { importHost } from './open/host.ts'
import type { Administration } from '../standalone.ts'
import { openRedis } from './open/redis.ts'
import { Refusal } from './terminal/refusal.ts'
import { clean } from './terminal/text.ts'

/** What every command takes. */
export interface CommonOptions {
  /** Module that exports the authorization server. */
  readonly config?: string
  readonly keyPrefix?: string
  readonly json?: boolean
}

/** Adds what every command takes. */
export const withCommonOptions = (command: Command): Command =>
  command
    .option('--config <file>', 'ES module that exports your authorization server as "server"')
    .addOption(
      new Option(
        '--key-prefix <prefix>',
        'what every key in Redis begins with (default: "pleo:")',
      ).conflicts('config'),
    )
    .option('--json', 'print JSON, for scripts')

/**
 * Opens what is to be administered, uses it, and closes what was opened. What goes wrong is said on stderr, and the process
 * ends with 1.
 *
 * @param use - answers what is to be printed
 */
export async function runWith(
  command: Command,
  { config, keyPrefix }: CommonOptions,
  use: (opened: Administration) => Promise<string | undefined>,
): Promise<void> {
  try {
    if (config === undefined) {
      const { storage, close } = await openRedis(keyPrefix)
      try {
        // With it comes the framework, which no other command needs.
        const { createStandalone } = await import('../standalone.ts')
        print(await use(createStandalone(storage)).catch(sayWhereItFailed))
      } finally {
        await close()
      }
      return
    }
    print(await use(await importHost(config)))
  } catch (error) {
    // What a module throws, or Redis answers, may hold anything.
    const lines = toWords(error).split('\n')
    command.error(`error: ${lines.map((line) => clean(line)).join('\n')}`)
  }
  // What the host has opened is open still.
  await new Promise((resolve) => process.stdout.write('', resolve))
  process.exit()
}

/** What says by itself what is wrong. */
const ours = [
  Refusal,
  ClientMetadataError,
  UnknownClientError,
  SigningKeyError,
  TypeError,
  RangeError,
] as const

/** What the driver throws names neither Redis nor what it means for whoever waits for the end of a command. */
function sayWhereItFailed(error: unknown): never {
  if (ours.some((known) => error instanceof known)) throw error
  throw new Refusal(
    `Redis failed on the way: ${toWords(error)}\nWhat was to be changed may be changed or not: look before you run the command again.`,
  )
}

const print = (text: string | undefined): void => {
  if (text !== undefined) console.log(text)
}

function toWords(error: unknown): string {
  if (error instanceof ClientMetadataError) {
    const lines = error.issues.map(({ path, message }) => `\n  ${path}: ${message}`)
    return `nothing was changed: the client cannot be like that${lines.join('')}`
  }
  // Never more than the message: with it may come what was sent.
  return error instanceof Error ? error.message : 'something went wrong'
}
