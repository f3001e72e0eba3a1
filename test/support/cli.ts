import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { text as readAll } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { toOwnLines } from './example.ts'
import { surroundings } from './surroundings.ts'
import { startOnTerminal, type TerminalCommand } from './terminal.ts'

const cli = fileURLToPath(new URL('../../lib/cli.ts', import.meta.url))

/** What a command has said and done at its end. */
export interface CommandResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A command that is running. */
export interface RunningCommand {
  readonly ended: Promise<CommandResult>
  /** Waits until it has said something like this on stdout or stderr, and answers that. */
  said(pattern: RegExp): Promise<string>
  kill(signal: NodeJS.Signals): void
}

/** Runs the command line as a process of its own. */
export const startCommand = (...args: readonly string[]): RunningCommand => startWith({}, args)

/** The same with these environment variables. */
export const startCommandWith = (
  environment: Readonly<Record<string, string>>,
  ...args: readonly string[]
): RunningCommand => startWith(environment, args)

function startWith(
  environment: Readonly<Record<string, string>>,
  args: readonly string[],
  output: number | 'pipe' = 'pipe',
): RunningCommand {
  const child: ChildProcess = spawn(process.execPath, [cli, ...args], {
    env: { ...surroundings, ...environment },
    stdio: ['ignore', output, 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const ended = new Promise<CommandResult>((resolve) => {
    child.once('close', (code) => resolve({ code, stdout, stderr: toOwnLines(stderr) }))
  })
  const said = (pattern: RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = (pattern.exec(stdout) ?? pattern.exec(stderr))?.[0]
        if (found !== undefined) resolve(found)
      }
      child.stdout?.on('data', look)
      child.stderr?.on('data', look)
      look()
      void ended.then(() => reject(new Error(`ended without saying so: ${stdout}${stderr}`)))
    })
  return { ended, said, kill: (signal) => void child.kill(signal) }
}

/** Runs the command line until it ends by itself. */
export const runCommand = (...args: readonly string[]): Promise<CommandResult> =>
  startCommand(...args).ended

/** The same with these environment variables. */
export const runCommandWith = (
  environment: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<CommandResult> => startWith(environment, args).ended

/** The same on a full disk: nothing can be written to stdout. */
export async function runCommandOnFullDisk(
  environment: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<CommandResult> {
  const file = openSync('/dev/full', 'w')
  try {
    return await startWith(environment, args, file).ended
  } finally {
    closeSync(file)
  }
}

/** The same where whoever is to read stdout has gone, like `true` behind a pipe. */
export async function runCommandForNobody(
  environment: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<CommandResult> {
  const child = spawn(
    'sh',
    ['-c', '{ "$@"; echo "code $?" >&2; } | true', 'sh', process.execPath, cli, ...args],
    {
      env: { ...surroundings, ...environment },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  )
  const said = toOwnLines(await readAll(child.stderr))
  const [, stderr = '', code] = /^([^]*)code (\d+)\n$/.exec(said) ?? []
  return { code: Number(code), stdout: '', stderr }
}

/** Runs the command line on a terminal, for a person to answer. */
export const startCommandOnTerminal = (
  environment: Readonly<Record<string, string>>,
  ...args: readonly string[]
): TerminalCommand => startOnTerminal(process.execPath, [cli, ...args], environment)
