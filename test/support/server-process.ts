import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { surroundings } from './surroundings.ts'

/** An authorization server in a process of its own. */
export interface ServerProcess {
  readonly issuer: string
  /** Ends it at once, as a power failure would. */
  kill(): Promise<void>
}

interface ServerProcessOptions {
  readonly port?: number
  readonly main?: string
  readonly env?: Readonly<Record<string, string>>
}

const standard = fileURLToPath(new URL('../storage/server-process.ts', import.meta.url))

/** Starts a server that keeps everything in that Redis, on a free port unless one is given. */
export async function startServerProcess(
  redisUrl: string,
  { port = 0, main = standard, env: more = {} }: ServerProcessOptions = {},
): Promise<ServerProcess> {
  const env = { ...process.env, ...surroundings, REDIS_URL: redisUrl, PORT: String(port), ...more }
  const child = fork(main, { env, stdio: 'inherit' })
  const exited = once(child, 'exit')
  const [message] = (await Promise.race([
    once(child, 'message'),
    exited.then(([code]) => {
      throw new Error(`the server ended with ${code}`)
    }),
  ])) as [{ readonly issuer: string }]
  return {
    issuer: message.issuer,
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
  }
}
