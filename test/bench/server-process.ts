import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import { startRedis } from '../support/redis-server.ts'
import { connectionCount } from './fixture.ts'
import { few, fill, many } from './growth.ts'
import { connect, type Connection } from './http-client.ts'
import type { ProcessUsage, ServerMessage } from './serve.ts'

/**
 * `pair` is this package in two processes with one Redis, `compared` is this package from another checkout, `grown` this one with
 * many grants.
 */
export type ServerName = 'ours' | 'pair' | 'bare' | 'thin' | 'compared' | 'grown'

/** A server in a process of its own, or a pair of processes, with a Redis of its own. */
export interface ServerProcess {
  readonly name: ServerName
  readonly connections: readonly Connection[]
  usage(): Promise<Usage>
  stop(): Promise<void>
}

export interface Usage extends ProcessUsage {
  /** Microseconds of processor time of Redis. */
  readonly redisCpu: number
  /** Bytes that Redis received and sent. */
  readonly bytes: number
}

export interface Launch {
  /** The checkout of the server `compared`. */
  readonly compare?: string | undefined
  /** A folder for a CPU profile of each process. */
  readonly profile?: string | undefined
  /** Whether the servers begin with grants: `grown` with many, others with few. */
  readonly growth?: boolean
}

/** Starts a server and its Redis, and opens the connections for the load. */
export async function startServer(name: ServerName, launch: Launch): Promise<ServerProcess> {
  const redis = await startRedis()
  const info = new Redis(redis.url)
  const children = Array.from({ length: name === 'pair' ? 2 : 1 }, () =>
    forkServer(name, redis.url, launch),
  )
  const origins = await Promise.all(
    children.map(async (child) => {
      const ready = await nextMessage(child, name)
      if ('origin' in ready) return ready.origin
      throw new Error(`the server ${name} did not send its origin`)
    }),
  )
  if (launch.growth) await fill(redis.url, name === 'grown' ? many : few)
  // Each process has the same load: with half of it, one would write fewer commands together.
  const connections = origins.flatMap((origin) =>
    Array.from({ length: connectionCount }, () => connect(origin)),
  )
  return {
    name,
    connections,
    async usage() {
      const used = await Promise.all(children.map((child) => askUsage(child, name)))
      const sum = (member: keyof ProcessUsage): number =>
        used.reduce((total, one) => total + one[member], 0)
      const ofProcesses = { cpu: sum('cpu'), rss: sum('rss'), commands: sum('commands') }
      return { ...ofProcesses, ...toRedisUsage(await info.info('stats', 'cpu')) }
    },
    async stop() {
      connections.forEach((connection) => connection.close())
      info.disconnect()
      await Promise.all(
        children.map(async (child) => {
          const exited = once(child, 'exit')
          child.disconnect()
          await exited
        }),
      )
      await redis.stop()
    },
  }
}

async function askUsage(child: ChildProcess, name: ServerName): Promise<ProcessUsage> {
  child.send('usage')
  const message = await nextMessage(child, name)
  if ('cpu' in message) return message
  throw new Error(`the server ${name} did not send its usage`)
}

function forkServer(name: ServerName, redisUrl: string, { compare, profile }: Launch) {
  const isOurs = ['compared', 'pair', 'grown'].includes(name)
  const file = `./servers/${isOurs ? 'ours' : name}.ts`
  const checkout = name === 'compared' ? compare : toPath('../..')
  return fork(toPath(file), [checkout ?? ''], {
    execArgv: [
      '--no-warnings',
      ...(profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}/${name}`] : []),
    ],
    env: { ...process.env, NODE_ENV: 'production', REDIS_URL: redisUrl },
    // The framework warns about its own development pages.
    stdio: ['ignore', 'ignore', name === 'bare' ? 'ignore' : 'inherit', 'ipc'],
  })
}

const toPath = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))

function toRedisUsage(info: string): Pick<Usage, 'redisCpu' | 'bytes'> {
  const read = (field: string): number => Number(new RegExp(`^${field}:(.+)$`, 'm').exec(info)?.[1])
  return {
    redisCpu: (read('used_cpu_user') + read('used_cpu_sys')) * 1e6,
    bytes: read('total_net_input_bytes') + read('total_net_output_bytes'),
  }
}

function nextMessage(child: ChildProcess, name: ServerName): Promise<ServerMessage> {
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
