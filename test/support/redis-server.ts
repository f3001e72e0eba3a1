import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { useRunning } from './fixtures.ts'
import { freePorts } from './free-ports.ts'
import { again, host, launch, type Launch, type Running } from './redis-process.ts'

/** A real Redis, a process of its own, that no test shares with another. */
export interface RedisServer {
  readonly host: '127.0.0.1'
  readonly port: number
  readonly url: string
  /** The id of the process; another one after `restart`. */
  readonly pid: number
  /** Freezes the process: its connections stay open, and nothing answers. */
  pause(): void
  /** Lets a paused process go on, with all it was sent meanwhile. */
  resume(): void
  /** Ends the process as a crash does, paused or not, and waits until it is gone. */
  kill(): Promise<void>
  /** Starts it again on the same port, with the same settings and files; kills it before if it runs. */
  restart(): Promise<void>
  /** Kills it and removes its files; a second time it does nothing. */
  stop(): Promise<void>
}

export interface RedisServerOptions {
  /** Further arguments of the program. */
  readonly args?: readonly string[]
  /** Whether a write is on the disk before it is answered, so that it outlives `kill`; @defaultValue false */
  readonly appendOnly?: boolean
  /** Whether it is the node of a cluster, which has a second port; @defaultValue false */
  readonly cluster?: boolean
}

/** Starts a Redis on a free port, with files of its own, and waits until it answers. */
export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), 'redis-'))
  // Sentinel, and the roles it hands out, are remembered in the file that was named at the start.
  await writeFile(join(folder, 'redis.conf'), '')
  try {
    return await again(async () => {
      const [port, busPort] = await freePorts()
      const settings = { args: toArguments(options, port, busPort), port, folder }
      return toServer(await launch(settings), settings)
    })
  } catch (error) {
    await rm(folder, { recursive: true })
    throw error
  }
}

/** A Redis for the tests of the file or `describe` that calls this. */
export const useRedis = (options?: RedisServerOptions): RedisServer =>
  useRunning(() => startRedis(options))

function toArguments(
  { args = [], appendOnly, cluster }: RedisServerOptions,
  port: number,
  busPort: number,
): readonly string[] {
  const always = `--bind ${host} --port ${port} --protected-mode no --loglevel warning`
  const disk = appendOnly ? '--appendonly yes --appendfsync always' : '--appendonly no'
  const bus = cluster ? ` --cluster-enabled yes --cluster-port ${busPort}` : ''
  return ['redis.conf', '--save', '', ...`${always} ${disk}${bus}`.split(' '), ...args]
}

function toServer(first: Running, settings: Launch): RedisServer {
  const { port, folder } = settings
  let running = first
  const kill = async (): Promise<void> => {
    running.child.kill('SIGKILL')
    await running.exited
  }
  return {
    host,
    port,
    url: `redis://${host}:${port}`,
    get pid() {
      return running.child.pid
    },
    pause: () => void running.child.kill('SIGSTOP'),
    resume: () => void running.child.kill('SIGCONT'),
    kill,
    restart: async () => {
      await kill()
      running = await again(() => launch(settings))
    },
    stop: async () => {
      await kill()
      // A process that saves for the server may outlive it by a moment.
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** Where a server is, and its password if it has one. */
export interface ServerAccess {
  readonly host: string
  readonly port: number
  readonly password?: string
}

/** Uses a connection of its own, that neither waits for a server nor connects again. */
export async function withClient<T>(
  { host: name, port, password }: ServerAccess,
  use: (client: Redis) => Promise<T>,
): Promise<T> {
  const options = { retryStrategy: null, commandTimeout: 5000, ...(password && { password }) }
  const client = new Redis(port, name, options)
  client.on('error', () => {})
  try {
    return await use(client)
  } finally {
    client.disconnect()
  }
}

/**
 * Asks again and again, and resolves to the first answer that is not empty or false. An error counts as not yet. The time,
 * in milliseconds, only ends what would never come.
 */
export async function waitUntil<T>(
  what: string,
  ask: () => Promise<T>,
  timeout = 60_000,
): Promise<T> {
  const end = performance.now() + timeout
  for (;;) {
    let cause: unknown
    const answer = await ask().catch((error: unknown) => void (cause = error))
    if (answer) return answer
    if (performance.now() > end) throw new Error(`not so in ${timeout} ms: ${what}`, { cause })
    await sleep(20)
  }
}
