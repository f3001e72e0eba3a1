import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { surroundings } from './surroundings.ts'

/** The bundled example, running as a process of its own. */
export interface RunningExample {
  readonly issuer: string
  readonly api: string
  readonly app: string
  readonly output: string
  /** What it has said on stdout until now. */
  said(): string
  /** What it has said on stderr until now. */
  errors(): string
  readonly kill: (signal: NodeJS.Signals) => void
  readonly ended: Promise<Ended>
  close(): Promise<void>
}

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** What `npm start` runs. */
export const exampleMain: string = fileURLToPath(
  new URL('../../examples/server/main.ts', import.meta.url),
)
const freePorts = { PORT: '0', API_PORT: '0', APP_PORT: '0' }

/**
 * Starts the example as `npm start` does, on free ports, and waits until it has said where it is.
 *
 * @param folder - where it runs; `.env` is read there
 */
export async function startExample(
  settings: Record<string, string> = {},
  folder?: string,
): Promise<RunningExample> {
  const { child, ended, stdout, stderr } = run(settings, folder)
  const started = new Promise<void>((resolve) => {
    child.stdout.on('data', () => stdout().includes('Ctrl+C ends it') && resolve())
  })
  const early = await Promise.race([started, ended])
  if (early) throw new Error(`the example ended with ${early.code}: ${early.stderr}`)
  const address = (name: string): string =>
    new RegExp(`^${name} +(\\S+)`, 'm').exec(stdout())?.[1] ?? `no address of ${name}`
  return {
    issuer: address('Authorization server'),
    api: address('Example API'),
    app: address('Example partner application'),
    output: stdout(),
    said: stdout,
    errors: stderr,
    kill: (signal) => void child.kill(signal),
    ended,
    close: async () => {
      child.kill('SIGTERM')
      await ended
    },
  }
}

/** Runs the example until it ends by itself. */
export const runExample = (settings: Record<string, string>, folder?: string): Promise<Ended> =>
  run(settings, folder).ended

function run(settings: Record<string, string>, folder?: string) {
  const child = spawn(process.execPath, [exampleMain], {
    env: { ...surroundings, ...freePorts, ...settings },
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code) => resolve({ code, stdout, stderr: toOwnLines(stderr) }))
  })
  return { child, ended, stdout: () => stdout, stderr: () => toOwnLines(stderr) }
}

/** Without what the framework says of a Node that it does not know: `npm` scripts bring one that it knows. */
export const toOwnLines = (stderr: string): string =>
  // eslint-disable-next-line no-control-regex -- on a terminal it is red, also with NO_COLOR
  stderr.replaceAll(/^(\u001B\[[\d;]*m)*oidc-provider WARNING: .*\n/gm, '')
