import type { ClusterNode, ClusterOptions, RedisOptions } from 'ioredis'
import type { RedisAddress } from './address.ts'

/** The arguments for ioredis: `new Cluster(nodes, options)` if there are nodes, otherwise `new Redis(options)`. */
export type RedisClientOptions =
  | { readonly nodes?: undefined; readonly options: SingleOptions }
  | { readonly nodes: ClusterNode[]; readonly options: NodesOptions }

type SingleOptions = Omit<RedisOptions, 'replyMapping'>
type NodesOptions = Omit<ClusterOptions, 'redisOptions'> & {
  readonly redisOptions: Omit<SingleOptions, 'retryStrategy'>
}

/** The options of a client for an address, with `common` for each of its connections. */
export function toClientOptions(address: RedisAddress, common: SingleOptions): RedisClientOptions {
  const { kind, hosts, tls, username, password, db, primaryName } = address
  const options: SingleOptions = {
    ...common,
    ...(username && { username }),
    ...(password && { password }),
    ...(tls && { tls: {} }),
    ...(primaryName && { name: primaryName }),
  }
  if (kind === 'server') return { options: { ...options, ...hosts[0], db } }
  if (kind === 'sentinel')
    return { options: { ...options, ...toSentinelAccess(address), db, sentinels: [...hosts] } }
  // A node does not try again by itself: the Cluster looks for who has taken its place.
  const { retryStrategy, ...redisOptions } = options
  const cluster: NodesOptions = {
    redisOptions,
    clusterRetryStrategy: retryStrategy,
    // At 100 ms each: those that fit into the time that the storage waits for an answer.
    maxRedirections: 6,
    slotsRefreshTimeout: 1000,
    // Looked up by each connection: TLS checks the name, and one unknown name leaves the others.
    dnsLookup: (host, callback) => callback(null, host),
  }
  return { nodes: [...hosts], options: cluster }
}

const toSentinelAccess = ({ sentinelUsername, sentinelPassword }: RedisAddress): SingleOptions => ({
  ...(sentinelUsername && { sentinelUsername }),
  ...(sentinelPassword && { sentinelPassword }),
})
