import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import type { Terminal } from './questions.ts'
import { Refusal } from './refusal.ts'
import { stopAtKey } from './stopping.ts'

/**
 * Asks for something that is not to be seen while it is typed.
 *
 * @throws {@link Refusal} where whoever is asked leaves
 */
export async function askHidden(terminal: Terminal, question: string): Promise<string> {
  const { input, output } = terminal
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  // As for a terminal: only then is what is typed not shown by the terminal itself.
  const lines = createInterface({ input, output: nowhere, terminal: true, historySize: 0 })
  const left = new AbortController()
  lines.once('close', () => left.abort())
  const show = (): unknown => output.write(`\r${question} `)
  const endStopping = stopAtKey(terminal, lines, show)
  show()
  try {
    return (await lines.question('', { signal: left.signal })).trim()
  } catch {
    throw new Refusal('interrupted')
  } finally {
    endStopping()
    lines.close()
    output.write('\n')
  }
}
