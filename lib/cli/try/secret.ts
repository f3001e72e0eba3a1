import { readTextFile } from '../../text-file.ts'
import { askHidden } from '../terminal/hidden.ts'
import { canAsk, ownTerminal } from '../terminal/questions.ts'
import { Refusal, toUnreadable } from '../terminal/refusal.ts'

interface SecretOptions {
  readonly clientSecretFile?: string
  readonly public?: boolean
}

/**
 * The client secret; `undefined` for a public client. It never is a value on the command line, where every process of
 * the machine and the history of the shell would have it.
 */
export async function readSecret(options: SecretOptions): Promise<string | undefined> {
  const { clientSecretFile: file, public: isPublic = false } = options
  if (isPublic) return undefined
  if (file !== undefined) return readSecretFile(file)
  const terminal = ownTerminal()
  const given = process.env['CLIENT_SECRET'] || undefined
  if (given !== undefined || !canAsk(terminal)) return given
  return (await askHidden(terminal, 'Client secret (none for a public client):')) || undefined
}

function readSecretFile(file: string): string {
  let text: string
  try {
    text = readTextFile(file).trim()
  } catch (error) {
    throw toUnreadable(file, error)
  }
  if (text === '') throw new Refusal(`${file} is empty, and must have the client secret`)
  return text
}
