import { spawn } from '@lydell/node-pty'
import { toOwnLines } from './example.ts'
import { surroundings } from './surroundings.ts'

/** What a command has shown on its terminal, and how it ended. */
export interface TerminalResult {
  /** As a shell has it: 128 and the number of the signal, where one ended it. */
  readonly code: number
  /** With all that changes how it looks; lines end with `\n` alone. */
  readonly output: string
}

/** A command that runs on a terminal of its own. */
export interface TerminalCommand {
  readonly ended: Promise<TerminalResult>
  /** All that it has shown so far, and what was typed as far as the terminal shows that. */
  output(): string
  /** Waits until it has shown something like this, after what was waited for before, and answers that. */
  said(pattern: RegExp): Promise<string>
  /** Presses these keys. */
  type(text: string): void
  kill(signal: NodeJS.Signals): void
}

/** What a terminal sends for Enter, and for keys held with Ctrl. */
export const keys = { enter: '\r', ctrlC: '\u0003', ctrlD: '\u0004', ctrlZ: '\u001A' } as const

/**
 * Runs a program as a person does: on a pseudo-terminal, for stdin, stdout and stderr; of 80 columns, or `COLUMNS`.
 *
 * @param environment - besides the PATH; nothing else is passed on
 */
export function startOnTerminal(
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): TerminalCommand {
  const terminal = spawn(program, [...args], {
    name: 'xterm-256color',
    cols: Number(environment['COLUMNS'] ?? 80),
    rows: 40,
    env: { ...surroundings, ...environment },
  })
  let shown = ''
  let seen = 0
  const watchers = new Set<() => void>()
  terminal.onData((text) => {
    shown += text
    for (const look of watchers) look()
  })
  const output = (): string => toOwnLines(shown.replaceAll('\r\n', '\n'))
  const ended = new Promise<TerminalResult>((resolve) => {
    terminal.onExit(({ exitCode, signal }) =>
      resolve({ code: signal ? 128 + signal : exitCode, output: output() }),
    )
  })
  const said = (pattern: RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = pattern.exec(shown.slice(seen))
        if (!found) return
        seen += found.index + found[0].length
        watchers.delete(look)
        resolve(found[0])
      }
      watchers.add(look)
      look()
      void ended.then(() => reject(new Error(`ended without saying so: ${output()}`)))
    })
  return {
    ended,
    output,
    said,
    type: (text) => terminal.write(text),
    kill: (signal) => terminal.kill(signal),
  }
}
