import { spawn } from 'node:child_process'
import { waitUntil } from '../support/redis-server.ts'
import { surroundings } from '../support/surroundings.ts'
import { deployFolder } from './files.ts'

/** A process of the deployed backend. */
export interface Deployed {
  readonly said: () => string
  readonly kill: (signal: NodeJS.Signals) => void
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>
  close(): Promise<void>
}

export interface Start {
  /** The program and its arguments; `node` is the Node of the tests. */
  readonly command: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly folder?: string
  /** A user of this machine, for root. */
  readonly uid?: number | undefined
}

/** Starts it, and waits until it listens. */
export async function startDeployed({ command, env, folder, uid }: Start): Promise<Deployed> {
  const [program = '', ...args] = command
  const child = spawn(program.endsWith('node') ? process.execPath : program, args, {
    cwd: folder ?? deployFolder,
    env: { ...(uid === undefined ? surroundings : { PATH: process.env['PATH'] }), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid !== undefined && { uid, gid: uid }),
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text))
  let isOver = false
  const ended: Deployed['ended'] = new Promise((resolve) => {
    child.once('close', (code, signal) => {
      isOver = true
      resolve({ code, signal })
    })
  })
  const stop = (): void => void child.kill('SIGKILL')
  process.once('exit', stop)
  void ended.then(() => process.off('exit', stop))
  await waitUntil('it listens', async () => isOver || said.includes(' listens on '))
  if (isOver) throw new Error(`it ended: ${said}`)
  return {
    said: () => said,
    kill: (signal) => void child.kill(signal),
    ended,
    async close() {
      child.kill('SIGKILL')
      await ended
    },
  }
}
