import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { PageFields } from './fixture.ts'
import type { ServerMessage } from './serve.ts'

export type ServerName = 'ours' | 'bare'

/** A server in a process of its own. */
export interface ServerProcess {
  readonly origin: string
  readonly fields: PageFields
  /** Microseconds of processor time the process has used so far, over all its threads. */
  cpu(): Promise<number>
  stop(): Promise<void>
}

/** Starts a server, with a profile written to that folder at its end if one is given. */
export async function startServer(
  name: ServerName,
  profileFolder: string | undefined,
): Promise<ServerProcess> {
  const profile = profileFolder ? ['--cpu-prof', `--cpu-prof-dir=${profileFolder}/${name}`] : []
  const child = fork(fileURLToPath(new URL(`./${name}.ts`, import.meta.url)), {
    execArgv: ['--no-warnings', '--max-old-space-size=4096', ...profile],
    env: { ...process.env, NODE_ENV: 'production' },
    // The framework's warnings about its own development pages are known here.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const ready = await nextMessage(child, name)
  if (ready.kind !== 'ready') throw new Error(`the server ${name} did not say where it listens`)
  return {
    origin: ready.origin,
    fields: ready.fields,
    async cpu() {
      child.send('cpu')
      const message = await nextMessage(child, name)
      if (message.kind !== 'cpu') throw new Error(`the server ${name} did not tell its time`)
      return message.microseconds
    },
    async stop() {
      if (child.exitCode !== null) return
      child.disconnect()
      await once(child, 'exit')
    },
  }
}

function nextMessage(child: ChildProcess, name: string): Promise<ServerMessage> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null): void => {
      reject(new Error(`the server ${name} ended with code ${code}`))
    }
    child.once('exit', onExit)
    child.once('message', (message) => {
      child.off('exit', onExit)
      resolve(message as ServerMessage)
    })
  })
}
