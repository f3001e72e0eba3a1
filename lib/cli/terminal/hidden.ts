import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import type { Terminal } from './questions.ts'
import { Refusal } from './refusal.ts'

/**
 * Asks for something that is not to be seen while it is typed.
 *
 * @throws {@link Refusal} where whoever is asked leaves
 */
export async function askHidden({ input, output }: Terminal, question: string): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  // As for a terminal: only then is what is typed not shown by the terminal itself.
  const lines = createInterface({ input, output: nowhere, terminal: true, historySize: 0 })
  const left = new AbortController()
  lines.once('close', () => left.abort())
  output.write(`${question} `)
  try {
    return (await lines.question('', { signal: left.signal })).trim()
  } catch {
    throw new Refusal('interrupted')
  } finally {
    lines.close()
    output.write('\n')
  }
}
