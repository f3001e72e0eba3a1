import { spawn, type ChildProcess } from 'node:child_process'
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { requireProgram } from './programs.ts'

/** How a process of Redis is started. */
export interface Launch {
  readonly args: readonly string[]
  readonly port: number
  /** Where it runs and has its files. */
  readonly folder: string
}

/** A process of Redis that has answered. */
export interface Running {
  readonly child: ChildProcess & { readonly pid: number }
  readonly exited: Promise<unknown>
}

/** The address every Redis of the tests listens on. */
export const host = '127.0.0.1'

const startTimeout = 60_000
const portTaken = 'Address already in use'

/** Tries a start again when somebody took the port after it was found free. */
export async function again<T>(start: () => Promise<T>, attempts = 5): Promise<T> {
  try {
    return await start()
  } catch (error) {
    if (attempts <= 1 || !(error as Error).message.includes(portTaken)) throw error
    await sleep(50)
    return again(start, attempts - 1)
  }
}

/** Starts the program and waits until it answers. */
export async function launch({ args, port, folder }: Launch): Promise<Running> {
  const logPath = join(folder, 'redis.log')
  const log = await open(logPath, 'w')
  const child = spawn(requireProgram('redis-server', 'REDIS_SERVER_PATH'), args, {
    cwd: folder,
    stdio: ['ignore', log.fd, log.fd],
  })
  const exited = new Promise((resolve) => {
    child.once('exit', resolve)
    child.once('error', resolve)
  })
  await log.close()
  const { pid } = child
  if (pid === undefined) throw new Error(`redis-server did not start: ${String(await exited)}`)
  const running: Running = { child: Object.assign(child, { pid }), exited }
  killWithThisProcess(running, folder)
  if (await isReady(running, port)) return running
  child.kill('SIGKILL')
  await exited
  throw new Error(`redis-server did not start: ${await readFile(logPath, 'utf8')}`)
}

/**
 * A test process that is killed can no longer end what it started. A shell waits for the end of its
 * standard input instead, which comes with the end of this process, whatever the reason.
 */
export function killWithThisProcess(
  { child, exited }: Running,
  folder: string,
  signal: 'KILL' | 'TERM' = 'KILL',
): void {
  const script = `read -r _; kill -${signal} "$1"; rm -rf -- "$2"`
  const shell = spawn('sh', ['-c', script, 'sh', String(child.pid), folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // Ctrl+C is sent to every process of the group, and must not end this one.
    detached: true,
  })
  void exited.then(() => shell.kill('SIGKILL'))
}

/** Whether the process answers before it ends. Another one that has the port would answer as well. */
async function isReady({ child, exited }: Running, port: number): Promise<boolean> {
  const client = new Redis({
    host,
    port,
    maxRetriesPerRequest: null,
    retryStrategy: () => 10,
    // Redis guesses how long it will read its files, and is far off.
    maxLoadingRetryTime: 20,
  })
  client.on('error', () => {})
  const answers = async (): Promise<true> => {
    while (!(await client.info('server')).includes(`\nprocess_id:${child.pid}\r\n`)) await sleep(20)
    return true
  }
  const ended = exited.then(() => false)
  const isUp = await Promise.race([answers(), ended, sleep(startTimeout, false, { ref: false })])
  client.disconnect()
  return isUp
}
