import { once } from 'node:events'
import { Cluster, Redis } from 'ioredis'
import {
  recommendedRedisOptions,
  toClientOptions,
  type RedisAddress,
  type RedisClient,
} from 'pleo-oauth-server/adapters/redis'

/** Makes a client, which connects by itself and goes on trying. */
export function createRedisClient(address: RedisAddress): RedisClient {
  const { nodes, options } = toClientOptions(address, recommendedRedisOptions)
  return nodes ? new Cluster(nodes, options) : new Redis(options)
}

/** Where that is, without credentials. */
export function describeRedis({ kind, hosts, db, primaryName }: RedisAddress): string {
  const list = hosts
    .map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`)
    .join(', ')
  const where = {
    server: list,
    cluster: `Cluster: ${list}`,
    sentinel: `${primaryName ?? ''}, by Sentinel: ${list}`,
  }
  return `Redis (${where[kind]}${db > 0 ? `, database ${db}` : ''})`
}

/** Why there is no connection. */
export interface ConnectionProblem {
  readonly reason: string
  /** Redis is there, and does not want this client: that does not pass. */
  readonly isRefused: boolean
}

/** Waits for the first connection, or what is in its way. The time is in milliseconds. */
export async function waitForRedis(
  client: RedisClient,
  timeout: number,
): Promise<ConnectionProblem | undefined> {
  try {
    await once(client, 'ready', { signal: AbortSignal.timeout(timeout) })
    return undefined
  } catch (error) {
    return toProblem(error)
  }
}

/** Tells when the connection is lost, once, and when it is there again. */
export function watchRedis(
  client: RedisClient,
  isLost: boolean,
  tell: (problem: ConnectionProblem | undefined) => void,
): void {
  let lost = isLost
  client.on('error', (error) => {
    if (!lost) tell(toProblem(error))
    lost = true
  })
  client.on('ready', () => {
    if (lost) tell(undefined)
    lost = false
  })
}

function toProblem(error: unknown): ConnectionProblem {
  if (!(error instanceof Error)) return { reason: 'unknown error', isRefused: false }
  if (error.name === 'AbortError') return { reason: 'no answer', isRefused: false }
  // A Cluster says that no node works, and has with it why the last one does not.
  if ('lastNodeError' in error && error.lastNodeError) return toProblem(error.lastNodeError)
  // Without a text where a name has several addresses, and none answered.
  const text = error.message || ('code' in error ? String(error.code) : error.name)
  const reason = /Last error: (.*)$/.exec(text)?.[1] ?? text
  return { reason: reason.replace(/\.$/, ''), isRefused: error.name === 'ReplyError' }
}
