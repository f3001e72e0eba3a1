import { appendFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { InvalidArgumentError, Option, type Command } from 'commander'
import {
  ClientMetadataError,
  ClientResumedError,
  SigningKeyError,
  UnknownClientError,
} from '../errors.ts'
import type { Administration } from '../administration.ts'
import type { AuditEvent } from '../index.ts'
import { importHost, type OpenHost } from './open/host.ts'
import { openRedis } from './open/redis.ts'
import { print, type Answer } from './terminal/print.ts'
import { Refusal, toUnwritable, UsageError } from './terminal/refusals.ts'
import { clean } from './terminal/text.ts'

/** The options that these commands share. */
export interface CommonOptions {
  readonly config?: string
  readonly keyPrefix?: string
  readonly json?: boolean
  /** The option `--yes` of commands that ask. */
  readonly yes?: boolean
  /** The options of commands that change something. */
  readonly as?: string
  readonly auditLog?: string
}

/** Adds the shared options to a command. */
export const withCommonOptions = (command: Command): Command =>
  command
    .option('--config <file>', 'ES module that exports your authorization server as "server"')
    .addOption(
      new Option(
        '--key-prefix <prefix>',
        'the beginning of every key in Redis (default: "pleo:")',
      ).conflicts('config'),
    )
    .option('--json', 'print JSON, for scripts')

/** Reads a value that must not be empty. */
export function requireText(given: string): string {
  if (given.trim() === '') throw new InvalidArgumentError('It must not be empty.')
  return given
}

/** Adds the shared options to a command that changes something. */
export const withChangeOptions = (command: Command): Command =>
  withCommonOptions(command)
    .option('--as <name>', 'your name in audit events (default: your user name here)', requireText)
    .option(
      '--audit-log <file>',
      'append the audit events of this command, as lines of JSON',
      toFile,
    )

function toFile(given: string): string {
  if (['', '-'].includes(given)) throw new InvalidArgumentError('It must be the path of a file.')
  return given
}

/**
 * Opens the storage or the module, lets the command use it, prints the answer and closes it. After an error, which is
 * printed on stderr, the process ends with 1, or with 2 if it was called wrongly.
 */
export async function runWith(
  options: CommonOptions,
  use: (opened: Administration) => Promise<Answer | string>,
): Promise<void> {
  await sayingWhy(async () => {
    const log = createLog(options)
    const { administration, close } = await open(options)
    const { audit } = administration
    if (log) audit.on(log)
    const operator = { operator: options.as ?? findUserName(), how: 'command line' } as const
    const act = async () => print(await use(administration).catch(sayWhereItFailed))
    // The answer comes first, because closing can take a while.
    await sayingWhy(() => audit.as(operator, act))
    await close()
  })
  // A module of the host can still have something open.
  process.exit()
}

/** Prints an error on stderr, and lets the process end with 1, or with 2 if it was called wrongly. */
export async function sayingWhy(act: () => Promise<void>): Promise<void> {
  try {
    await act()
  } catch (error) {
    // The message can come from a module or from Redis, and contain anything.
    const lines = toWords(error).split('\n')
    process.stderr.write(`error: ${lines.map((line) => clean(line)).join('\n')}\n`)
    process.exitCode = error instanceof UsageError ? 2 : 1
  }
}

/**
 * Makes a listener that writes audit events to the file of the option.
 *
 * @throws {@link Refusal} before anything is changed
 */
function createLog({ auditLog: file }: CommonOptions): ((event: AuditEvent) => void) | undefined {
  if (file === undefined) return undefined
  const write = (text: string): void => appendFileSync(file, text, { mode: 0o600 })
  try {
    write('')
  } catch (error) {
    throw toUnwritable(file, error)
  }
  return (event) => write(`${JSON.stringify(event)}\n`)
}

function findUserName(): string {
  try {
    return userInfo().username
  } catch {
    // In a container, the user may have no name.
    return `uid ${process.getuid?.() ?? 'unknown'}`
  }
}

async function open({ config, keyPrefix }: CommonOptions): Promise<OpenHost> {
  if (config !== undefined) return importHost(config)
  const { storage, close } = await openRedis(keyPrefix)
  // It loads the framework, which takes a while, and most commands do not need it.
  const { createStandalone } = await import('../administration.ts')
  return { administration: createStandalone(storage), close }
}

/** Errors whose message says what is wrong. */
const ours = [
  Refusal,
  ClientMetadataError,
  ClientResumedError,
  UnknownClientError,
  SigningKeyError,
  TypeError,
  RangeError,
] as const

/** The error of a driver names neither the storage nor the state that the command left. */
function sayWhereItFailed(error: unknown): never {
  if (ours.some((known) => error instanceof known)) throw error
  // A server says that it is unavailable, and gives the cause.
  const { cause = error } = error instanceof Error ? error : {}
  throw new Refusal(
    `the storage failed on the way: ${toWords(cause)}\nThe change was made or not: look before you run the command again.`,
  )
}

function toWords(error: unknown): string {
  if (error instanceof ClientMetadataError) {
    const [first] = error.issues
    // It is for another kind of client, and the sentence says so by itself.
    if (first?.path === 'registration_access_token')
      return `nothing was changed: ${first.path} ${first.message}`
    const lines = error.issues.map(({ path, message }) => `\n  ${path}: ${message}`)
    return `nothing was changed: the metadata is invalid${lines.join('')}`
  }
  // Only the message: other members can contain what was sent.
  return error instanceof Error ? error.message : 'something went wrong'
}

/** Says in the help of a group where its data comes from. */
export const toSourceHelp = (what: 'clients' | 'connections'): string =>
  `
The commands read the ${what} from Redis. Set REDIS_URL and STORAGE_KEYS as for the authorization server. With --config, they
use the authorization server that a module of yours exports. If the module exports a function close(), it is called at the end
and awaited.

Commands that change something make audit events with your name (--as). Listeners of the module hear them. Without --config, nobody
does unless --audit-log names a file.`
