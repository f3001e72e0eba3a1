import { vi } from 'vitest'
import { run } from '../../lib/cli/program.ts'
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
  try {
    await run(args)
    return { code: Number(process.exitCode ?? 0), ...said }
  } catch (error) {
    if (error instanceof ProcessEnd) return { code: Number(process.exitCode ?? 0), ...said }
    throw error
  } finally {
    process.exitCode = before
    for (const double of doubles) double.mockRestore()
    vi.unstubAllEnvs()
  }
}
