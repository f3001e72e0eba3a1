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
