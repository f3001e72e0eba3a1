import { CommanderError, type Command } from 'commander'
import { vi } from 'vitest'
import { createProgram } from '../../lib/cli/program.ts'
import type { CommandResult } from './cli.ts'

/** What stands for the end of the process. */
class ProcessEnd extends Error {}

/**
 * Runs the command line in this process, where starting one for each command would take too long; one command at a time.
 */
export async function runInProcess(
  environment: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<CommandResult> {
  const said = { stdout: '', stderr: '' }
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value)
  const doubles = [
    vi.spyOn(process, 'exit').mockImplementation(() => {
      throw new ProcessEnd()
    }),
    ...(['stdout', 'stderr'] as const).map((stream) =>
      vi.spyOn(process[stream], 'write').mockImplementation((text, ...rest) => {
        said[stream] += String(text)
        const callback: unknown = rest.at(-1)
        if (typeof callback === 'function') callback()
        return true
      }),
    ),
  ]
  const before = process.exitCode
  const program = createProgram()
  keepRunning(program)
  try {
    await program.parseAsync(args, { from: 'user' })
    return { code: Number(process.exitCode ?? 0), ...said }
  } catch (error) {
    if (error instanceof ProcessEnd) return { code: Number(process.exitCode ?? 0), ...said }
    if (error instanceof CommanderError) return { code: error.exitCode, ...said }
    throw error
  } finally {
    process.exitCode = before
    for (const double of doubles) double.mockRestore()
    vi.unstubAllEnvs()
  }
}

/** Has a command and all below it throw where they would end the process. */
function keepRunning(command: Command): void {
  command.exitOverride()
  for (const one of command.commands) keepRunning(one)
}
