import { CommanderError, type Command } from 'commander'
import { vi } from 'vitest'
import { createProgram } from '../../lib/cli/program.ts'
import type { CommandResult } from './cli.ts'

/**
 * Runs the command line in this process, where starting one for each command would take too long; one command at a time.
 * Not for commands with `--config`: those end the process.
 */
export async function runInProcess(
  environment: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<CommandResult> {
  const lines: string[] = []
  let stderr = ''
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value)
  const log = vi.spyOn(console, 'log').mockImplementation((line) => void lines.push(String(line)))
  const program = createProgram()
  keepRunning(program, (text) => (stderr += text))
  const toResult = (code: number): CommandResult => ({
    code,
    stdout: lines.map((line) => `${line}\n`).join(''),
    stderr,
  })
  try {
    await program.parseAsync(args, { from: 'user' })
    return toResult(0)
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return toResult(error.exitCode)
  } finally {
    log.mockRestore()
    vi.unstubAllEnvs()
  }
}

/** Has a command and all below it throw where they would end the process. */
function keepRunning(command: Command, writeErr: (text: string) => void): void {
  command.exitOverride().configureOutput({ writeErr })
  for (const one of command.commands) keepRunning(one, writeErr)
}
