import { Refusal } from './refusal.ts'

/** What a command says on stdout. */
export interface Answer {
  readonly text: string
  /** What to do where the text cannot be written, as a sentence: something in it is nowhere else. */
  readonly ifLost: string
}

/**
 * Writes an answer to stdout, and waits until it is out, or nobody reads it who would miss something.
 *
 * @throws {@link Refusal} where it cannot be written: by then, what the command was to do is done
 */
export async function print(answer: Answer | string): Promise<void> {
  const { text, ifLost } = typeof answer === 'string' ? { text: answer, ifLost: '' } : answer
  const error = await new Promise<NodeJS.ErrnoException | null | undefined>((resolve) => {
    // It comes as an event, too, which would end the process.
    process.stdout.once('error', resolve)
    process.stdout.write(`${text}\n`, (problem) => {
      if (!problem) process.stdout.off('error', resolve)
      resolve(problem)
    })
  })
  // Whoever reads it has what they wanted, as `head` does.
  if (!error || (error.code === 'EPIPE' && ifLost === '')) return
  const reason = `it is done, but the answer cannot be written: ${error.code ?? error.message}`
  throw new Refusal([reason, ifLost].filter(Boolean).join('\n'))
}
