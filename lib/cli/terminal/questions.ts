import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { Refusal } from './refusal.ts'
import { stopAtKey } from './stopping.ts'

/** Where questions are asked. */
export interface Terminal {
  readonly input: Readable & {
    readonly isTTY?: boolean
    readonly setRawMode?: (isRaw: boolean) => unknown
  }
  readonly output: Writable & { readonly isTTY?: boolean }
}

/** The terminal of this process. Questions go to stderr: stdout is for answers. */
export const ownTerminal = (): Terminal => ({ input: process.stdin, output: process.stderr })

/** Whether there is somebody to ask, who sees the question. */
export const canAsk = ({ input, output }: Terminal): boolean =>
  input.isTTY === true && output.isTTY === true

/** What is asked. */
export interface Question {
  readonly text: string
  /** What to know for the answer, shown before. */
  readonly note?: string
  /** Whether an empty answer is one; else it is asked again. */
  readonly mayBeEmpty?: boolean
}

/**
 * Asks all of these, one after the other; the answers in their order.
 *
 * @throws {@link Refusal} where whoever is asked leaves: with Ctrl+C, or Ctrl+D
 */
export async function ask(
  terminal: Terminal,
  questions: readonly Question[],
): Promise<readonly string[]> {
  const { output } = terminal
  const lines = createInterface(terminal)
  const endStopping = stopAtKey(terminal, lines, () => lines.prompt(true))
  // What is pasted comes as several lines at once.
  const typed = lines[Symbol.asyncIterator]()
  try {
    const answers: string[] = []
    for (const { text, note, mayBeEmpty = false } of questions) {
      if (note !== undefined) output.write(`${note}\n`)
      lines.setPrompt(`${text} `)
      let answer: string | undefined
      while (answer === undefined) {
        lines.prompt()
        const line = await typed.next()
        if (line.done) {
          output.write('\n')
          throw new Refusal('nothing was changed')
        }
        answer = line.value.trim() || (mayBeEmpty ? '' : undefined)
      }
      answers.push(answer)
    }
    return answers
  } finally {
    endStopping()
    lines.close()
  }
}

/**
 * Has whoever runs the command say that they mean it.
 *
 * @param isMeant - they said so already: `--yes`
 * @throws {@link Refusal} where they do not, or where there is nobody to ask
 */
export async function confirm(
  question: string,
  isMeant: boolean,
  terminal: Terminal = ownTerminal(),
): Promise<void> {
  if (isMeant) return
  if (!canAsk(terminal))
    throw new Refusal(
      `nothing was changed: away from a terminal it takes --yes, which says yes to:\n${question}`,
    )
  const [answer = ''] = await ask(terminal, [{ text: `${question} [y/N]`, mayBeEmpty: true }])
  if (!/^y(es)?$/i.test(answer)) throw new Refusal('nothing was changed')
}
