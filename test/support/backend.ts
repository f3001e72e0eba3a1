import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { surroundings } from './surroundings.ts'

const main = fileURLToPath(new URL('../../examples/embedded/main.ts', import.meta.url))

/** The example backend, in a process of its own. */
export interface Backend {
  readonly origin: string
  readonly issuer: string
  readonly log: () => string
  readonly kill: (signal: NodeJS.Signals) => void
  readonly ended: Promise<{ readonly code: number | null }>
  readonly close: () => Promise<void>
}

/** Starts the backend as `npm run example:embedded` does, on a free port. */
export async function startBackend(): Promise<Backend> {
  const env = { ...surroundings, PORT: '0' }
  const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let [said, logged] = ['', '']
  child.stderr.on('data', (text: Buffer) => (logged += text.toString()))
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (text: Buffer) => {
      said += text.toString()
      if (said.includes('Ctrl+C')) resolve()
    })
    child.once('close', () => reject(new Error(`it ended: ${logged}`)))
  })
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null }))
  return {
    kill: (signal) => void child.kill(signal),
    ended,
    origin: /^Backend +(\S+)$/m.exec(said)?.[1] ?? '',
    issuer: /^Authorization server +(\S+)$/m.exec(said)?.[1] ?? '',
    log: () => logged,
    close: async () => {
      child.kill('SIGTERM')
      await ended
    },
  }
}

/** What it says at its end, which comes by itself. */
export async function refusalOf(settings: Record<string, string>): Promise<string> {
  const env = { ...surroundings, ...settings }
  const other = spawn(process.execPath, [main], { env, stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  other.stderr.on('data', (text: Buffer) => (said += text.toString()))
  const [code] = await once(other, 'close')
  if (code !== 1) throw new Error(`it ended with ${code}: ${said}`)
  return said
}
