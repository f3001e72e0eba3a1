import type { Terminal } from './questions.ts'
import type { Interface } from 'node:readline'

/** How long whatever is stopped takes to be so, in milliseconds. */
const stoppingTime = 200

/**
 * Has Ctrl+Z at a question stop the command, and all that it was started by for the same job of the shell, like npx: as
 * the terminal does outside of questions. Once it goes on, the keys are read again.
 *
 * @param show - shows the question again
 * @returns ends it
 */
export function stopAtKey({ input }: Terminal, lines: Interface, show: () => void): () => void {
  let timer: NodeJS.Timeout | undefined
  const goOn = (): void => {
    clearTimeout(timer)
    // The shell has set the terminal meanwhile, and Node knows nothing of that: off and on again.
    input.setRawMode?.(false)
    input.setRawMode?.(true)
    lines.resume()
    show()
  }
  lines.on('SIGTSTP', () => {
    input.setRawMode?.(false)
    process.kill(0, 'SIGTSTP')
    // Nothing stops, and nobody says that it goes on, where there is no shell around it, as in a container.
    timer = setTimeout(goOn, stoppingTime)
  })
  process.on('SIGCONT', goOn)
  return () => {
    clearTimeout(timer)
    process.off('SIGCONT', goOn)
  }
}
