import { Cluster, Redis } from 'ioredis'
import {
  parseRedisUrl,
  recommendedRedisOptions,
  toClientOptions,
  type RedisClient,
} from 'pleo-oauth-server/adapters/redis'
import { setting } from './setting.ts'

/** One server, Sentinels or a Cluster: the URL says it. */
const address = toClientOptions(parseRedisUrl(setting('REDIS_URL')), recommendedRedisOptions)

function connect(): RedisClient {
  const { nodes, options } = address
  const redis = nodes ? new Cluster(nodes, options) : new Redis(options)
  return redis.on('error', (error: Error) => console.error(`Redis: ${error.message}`))
}

export const client: RedisClient = connect()
/** Hears of changes that other processes make to clients. */
export const subscriber: RedisClient = connect()
