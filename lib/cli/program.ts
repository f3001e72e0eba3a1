import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { createClientsCommand } from './clients/client-commands.ts'
import { createCompletionCommand } from './completion.ts'
import { createConnectionsCommand } from './connections/connection-commands.ts'
import { createDoctorCommand } from './doctor/doctor-command.ts'
import { createExplainCommand } from './explain-command.ts'
import { createKeysCommand } from './key-commands.ts'
import { createTryCommand } from './try/try-command.ts'
import { createViewsCommand } from './views.ts'

/** The command line of this package. */
export function createProgram(): Command {
  const manifest = new URL(import.meta.resolve('pleo-oauth-server/package.json'))
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { readonly version: string }
  const program = new Command('pleo-oauth')
    .description('Tools for an authorization server of pleo-oauth-server')
    .version(version)
    .addCommand(createClientsCommand())
    .addCommand(createConnectionsCommand())
    .addCommand(createKeysCommand())
    .addCommand(createDoctorCommand())
    .addCommand(createExplainCommand())
    .addCommand(createTryCommand())
    .addCommand(createViewsCommand())
    .addCommand(createCompletionCommand())
  return wrapHelp(program)
}

/**
 * Runs the command line, and sets the exit code: 0 if the work is done, 1 if it is not, and 2 if the command was called wrongly.
 *
 * @param args - as the shell gives them; by default those of this process
 */
export async function run(args: readonly string[] = process.argv.slice(2)): Promise<void> {
  try {
    await createProgram().parseAsync(args, { from: 'user' })
  } catch (error) {
    // Commander has said why.
    if (!(error instanceof CommanderError)) throw error
    process.exitCode = error.exitCode === 0 ? 0 : 2
    // At once: a reader like `head` may have closed the pipe.
    process.exit()
  }
}

/**
 * Lets errors of a command and its subcommands be thrown, and wraps their help to the width of the terminal. Lines that begin with a space stay as they
 * are, because people copy examples.
 */
function wrapHelp(command: Command): Command {
  const to = (stream: NodeJS.WriteStream) => (text: string) => {
    const width = (stream.isTTY && stream.columns) || 80
    const paragraphs = text.replaceAll(/(?<=^\S.*)\n(?=\S)/gm, ' ')
    stream.write(
      paragraphs.replaceAll(/^\S.*$/gm, (one) => command.createHelp().boxWrap(one, width)),
    )
  }
  // Beside the names of commands there is less room than commander wraps by default.
  command
    .configureHelp({ minWidthToWrap: 20 })
    .exitOverride()
    .configureOutput({
      writeOut: to(process.stdout),
      writeErr: to(process.stderr),
      // Errors are not wrapped.
      outputError: (text) => process.stderr.write(text),
    })
  for (const one of command.commands) wrapHelp(one)
  return command
}
