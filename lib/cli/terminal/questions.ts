import { createInterface, type Interface } from 'node:readline'
import { Writable, type Readable } from 'node:stream'
import { Refusal } from './refusals.ts'

/** The streams on which questions are asked. */
export interface Terminal {
  readonly input: Readable & {
    readonly isTTY?: boolean
    readonly setRawMode?: (isRaw: boolean) => unknown
  }
  readonly output: Writable & { readonly isTTY?: boolean }
}

/** The terminal of this process. Questions go to stderr, because stdout is for answers. */
export const ownTerminal = (): Terminal => ({ input: process.stdin, output: process.stderr })

/** Whether a person can see and answer questions. */
export const canAsk = ({ input, output }: Terminal): boolean =>
  input.isTTY === true && output.isTTY === true

/** A question to a person. */
export interface Question {
  readonly text: string
  /** Shown above the question. */
  readonly note?: string
  /** Accept an empty answer. Otherwise the question is asked again. */
  readonly mayBeEmpty?: boolean
  /** Says what is wrong with an answer. Then the question is asked again. */
  readonly check?: (answer: string) => Promise<string | undefined>
}

/**
 * Asks questions one after the other. Returns the answers in the same order.
 *
 * @throws {@link Refusal} if the person presses Ctrl+C or Ctrl+D
 */
export function ask(
  terminal: Terminal,
  questions: readonly Question[],
): Promise<readonly string[]> {
  const { output } = terminal
  const lines = createInterface(terminal)
  const show = (): void => lines.prompt(true)
  return withLines(terminal, lines, show, async (read, forget) => {
    const answers: string[] = []
    for (const { text, note, mayBeEmpty = false, check } of questions) {
      if (note !== undefined) output.write(`${note}\n`)
      lines.setPrompt(`${text} `)
      let answer: string | undefined
      while (answer === undefined) {
        lines.prompt()
        const line = await read()
        if (line === undefined) {
          output.write('\n')
          throw new Refusal('nothing was changed')
        }
        answer = line || (mayBeEmpty ? '' : undefined)
        const problem = answer === undefined ? undefined : await check?.(answer)
        if (problem === undefined) continue
        output.write(`${problem}\n`)
        answer = undefined
        // What was pasted behind a wrong answer is for other questions.
        forget()
      }
      answers.push(answer)
    }
    return answers
  })
}

/**
 * Asks for a secret, and does not show it.
 *
 * @throws {@link Refusal} if the person presses Ctrl+C or Ctrl+D
 */
export async function askHidden(terminal: Terminal, question: string): Promise<string> {
  const { input, output } = terminal
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  // Only with this option the terminal does not show the keys itself.
  const lines = createInterface({ input, output: nowhere, terminal: true, historySize: 0 })
  const show = (): unknown => output.write(`\r${question} `)
  show()
  const answer = await withLines(terminal, lines, show, (read) => read())
  output.write('\n')
  if (answer === undefined) throw new Refusal('interrupted')
  return answer
}

/**
 * Asks a question that only `y` or `yes` agrees to.
 *
 * @param isMeant - the person has agreed already, with `--yes`
 * @throws {@link Refusal} if the person does not agree, or cannot be asked
 */
export async function confirm(
  question: string,
  isMeant = false,
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

/** Reads the next line; `undefined` if the person leaves. */
type Read = () => Promise<string | undefined>

async function withLines<T>(
  terminal: Terminal,
  lines: Interface,
  show: () => unknown,
  use: (read: Read, forget: () => void) => Promise<T>,
): Promise<T> {
  const endStopping = stopAtKey(terminal, lines, show)
  // Pasted text arrives as several lines at once. Those that nothing has asked for yet are kept.
  const typed: string[] = []
  let isClosed = false
  let wake = (): void => undefined
  lines.on('line', (line) => {
    typed.push(line)
    wake()
  })
  lines.once('close', () => {
    isClosed = true
    wake()
  })
  const read: Read = async () => {
    if (typed.length === 0 && !isClosed) await new Promise<void>((resolve) => (wake = resolve))
    return typed.shift()?.trim()
  }
  try {
    return await use(read, () => void typed.splice(0))
  } finally {
    endStopping()
    lines.close()
  }
}

/** How long a job of the shell takes to stop, in milliseconds. */
const stoppingTime = 200

/**
 * Lets Ctrl+Z at a question stop the command and all other processes of the same job of the shell, like npx. The terminal
 * does that itself when no question is open. When the job continues, the keys are read again.
 *
 * @param show - shows the question again
 * @returns a function that ends this
 */
function stopAtKey({ input }: Terminal, lines: Interface, show: () => unknown): () => void {
  let timer: NodeJS.Timeout | undefined
  const goOn = (): void => {
    clearTimeout(timer)
    // The shell has changed the mode meanwhile, and Node does not know: off and on again.
    input.setRawMode?.(false)
    input.setRawMode?.(true)
    lines.resume()
    show()
  }
  lines.on('SIGTSTP', () => {
    input.setRawMode?.(false)
    process.kill(0, 'SIGTSTP')
    // Without a shell, as in a container, nothing stops and no SIGCONT comes.
    timer = setTimeout(goOn, stoppingTime)
  })
  process.on('SIGCONT', goOn)
  return () => {
    clearTimeout(timer)
    process.off('SIGCONT', goOn)
  }
}
