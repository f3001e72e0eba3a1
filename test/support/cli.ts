import { spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'

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
  /** Waits until it has said something like this, and answers that. */
  said(pattern: RegExp): Promise<string>
  kill(signal: NodeJS.Signals): void
}

/** Runs the command line as a process of its own. */
export function startCommand(...args: readonly string[]): RunningCommand {
  const child: ChildProcess = spawn(process.execPath, [cli, ...args], {
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const ended = new Promise<CommandResult>((resolve) => {
    child.once('close', (code) => resolve({ code, stdout, stderr }))
  })
  const said = (pattern: RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = pattern.exec(stdout)?.[0]
        if (found !== undefined) resolve(found)
      }
      child.stdout?.on('data', look)
      look()
      void ended.then(() => reject(new Error(`ended without saying so: ${stdout}${stderr}`)))
    })
  return { ended, said, kill: (signal) => void child.kill(signal) }
}

/** Runs the command line until it ends by itself. */
export const runCommand = (...args: readonly string[]): Promise<CommandResult> =>
  startCommand(...args).ended
