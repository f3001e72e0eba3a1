import { Refusal } from './refusals.ts'

/** The answer of a command, for stdout. */
export interface Answer {
  readonly text: string
  /** A sentence for the case that the text cannot be written. Set if something in it exists nowhere else. */
  readonly ifLost?: string | undefined
}

/**
 * Writes an answer to stdout, and waits until it is written.
 *
 * @throws {@link Refusal} if it cannot be written. The work of the command is done by then
 */
export async function print(answer: Answer | string): Promise<void> {
  const { text, ifLost }: Answer = typeof answer === 'string' ? { text: answer } : answer
  const error = await new Promise<NodeJS.ErrnoException | null | undefined>((resolve) => {
    // The error is also an event, which would end the process if nothing listened.
    process.stdout.once('error', resolve)
    process.stdout.write(`${text}\n`, (problem) => {
      if (!problem) process.stdout.off('error', resolve)
      resolve(problem)
    })
  })
  // A reader like `head` closes the pipe when it has read enough.
  if (!error || (error.code === 'EPIPE' && ifLost === undefined)) return
  const reason = `it is done, but the answer cannot be written: ${error.code ?? error.message}`
  throw new Refusal([reason, ifLost].filter(Boolean).join('\n'))
}
