import { Option, type Command } from 'commander'
import {
  ClientMetadataError,
  ClientResumedError,
  SigningKeyError,
  UnknownClientError,
} from '../errors.ts'
import type { Administration } from '../standalone.ts'
import { importHost } from './open/host.ts'
import { openRedis } from './open/redis.ts'
import { print, type Answer } from './terminal/print.ts'
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
 * Opens what is to be administered, uses it, prints the answer, and closes what was opened. What goes wrong is said on
 * stderr, and the process ends with 1.
 */
export async function runWith(
  options: CommonOptions,
  use: (opened: Administration) => Promise<Answer | string>,
): Promise<void> {
  await sayingWhy(async () => {
    const { administration, close } = await open(options)
    // Before it is closed: that may take a while.
    await sayingWhy(async () => print(await use(administration).catch(sayWhereItFailed)))
    await close()
  })
  // A module of the host may have something open still.
  process.exit()
}

/** Does something; what goes wrong is said on stderr, and the process is to end with 1. */
export async function sayingWhy(act: () => Promise<void>): Promise<void> {
  try {
    await act()
  } catch (error) {
    // What a module throws, or Redis answers, may hold anything.
    const lines = toWords(error).split('\n')
    process.stderr.write(`error: ${lines.map((line) => clean(line)).join('\n')}\n`)
    process.exitCode = 1
  }
}

interface Opened {
  readonly administration: Administration
  readonly close: () => Promise<void>
}

async function open({ config, keyPrefix }: CommonOptions): Promise<Opened> {
  if (config !== undefined) return importHost(config)
  const { storage, close } = await openRedis(keyPrefix)
  // With it comes the framework, which no other command needs.
  const { createStandalone } = await import('../standalone.ts')
  return { administration: createStandalone(storage), close }
}

/** What says by itself what is wrong. */
const ours = [
  Refusal,
  ClientMetadataError,
  ClientResumedError,
  UnknownClientError,
  SigningKeyError,
  TypeError,
  RangeError,
] as const

/** What a driver throws names neither the storage nor what it means for whoever waits for the end of a command. */
function sayWhereItFailed(error: unknown): never {
  if (ours.some((known) => error instanceof known)) throw error
  // A server says that it is unavailable, and has with it why.
  const { cause = error } = error instanceof Error ? error : {}
  throw new Refusal(
    `the storage failed on the way: ${toWords(cause)}\nWhat was to be changed may be changed or not: look before you run the command again.`,
  )
}

function toWords(error: unknown): string {
  if (error instanceof ClientMetadataError) {
    const [first] = error.issues
    // It is for another kind of client, and the sentence says so by itself.
    if (first?.path === 'registration_access_token')
      return `nothing was changed: ${first.path} ${first.message}`
    const lines = error.issues.map(({ path, message }) => `\n  ${path}: ${message}`)
    return `nothing was changed: the client cannot be like that${lines.join('')}`
  }
  // Never more than the message: with it may come what was sent.
  return error instanceof Error ? error.message : 'something went wrong'
}
