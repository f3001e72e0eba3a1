import type { ClusterNode, ClusterOptions, RedisOptions } from './driver.ts'

/** The address of Redis, with its credentials. */
export interface RedisAddress {
  readonly kind: 'server' | 'cluster' | 'sentinel'
  /** The server, some nodes of the Cluster, or the Sentinels. */
  readonly hosts: readonly RedisHost[]
  readonly tls: boolean
  readonly username?: string
  readonly password?: string
  readonly db: number
  /** The name of the primary at the Sentinels. */
  readonly primaryName?: string
  /** The user name at the Sentinels, if they have users. It is not in the URL. */
  readonly sentinelUsername?: string | undefined
  /** The password of the Sentinels themselves. It is not in the URL. */
  readonly sentinelPassword?: string | undefined
}

/** One address. */
export interface RedisHost {
  readonly host: string
  readonly port: number
}

const forms =
  'must be redis://host:port, rediss://host:port, several of either separated by commas, or redis+sentinel://host:port,host:port/name'
const escapes =
  'with %XX for each character of a user name or password that is not a letter or digit'

/**
 * A text is not a URL of Redis. The message continues a sentence that begins with the name of the setting: "must be …". It never
 * has a part of the text, which may be the password.
 */
export class RedisUrlError extends Error {
  override readonly name = 'RedisUrlError'
}

/**
 * Reads the address of Redis from one line: `redis://user:password@host:port/db` for one server, `rediss:` with TLS; some nodes of a
 * Cluster, separated by commas; `redis+sentinel://:password@host:port,host:port/name/db` for Sentinels. The credentials of
 * the first host are those of all; of Sentinels, they are those of the servers. Add `sentinelUsername` and `sentinelPassword` for
 * the Sentinels.
 *
 * @throws {@link RedisUrlError}
 */
export const parseRedisUrl = (text: string): RedisAddress =>
  text.startsWith('redis+sentinel:') ? toSentinel(text) : toServers(text)

function toServers(text: string): RedisAddress {
  const [scheme] = /^rediss?:\/\//.exec(text) ?? []
  if (!scheme) throw new RedisUrlError(forms)
  const parts = text.split(',').map((part) => part.trim())
  const urls = parts.map((part) => toUrl(part.includes('://') ? part : scheme + part))
  if (urls.some(({ protocol }) => `${protocol}//` !== scheme)) {
    throw new RedisUrlError('must have the same scheme for all nodes')
  }
  const address = toAddress(urls, 6379)
  if (urls.length === 1) return { ...address, kind: 'server' }
  if (address.db > 0) throw new RedisUrlError('must name no database: a Cluster has only 0')
  return { ...address, kind: 'cluster' }
}

function toSentinel(text: string): RedisAddress {
  const [, hosts = '', name = '', db = ''] =
    /^redis\+sentinel:\/\/([^/]+)\/([\w.-]+)(\/.*)?$/.exec(text) ?? []
  if (!name) throw new RedisUrlError('must be redis+sentinel://host:port,host:port/name')
  const urls = hosts.split(',').map((host) => toUrl(`redis://${host.trim()}${db}`))
  return { ...toAddress(urls, 26_379), kind: 'sentinel', primaryName: name }
}

function toUrl(text: string): URL {
  const url = URL.parse(text)
  if (!url) throw new RedisUrlError(`${forms}, ${escapes}`)
  if (url.search || url.hash) throw new RedisUrlError('must have neither ? nor #')
  return url
}

/** The part that all forms share. The credentials of the first host are those of all hosts. */
function toAddress(urls: readonly URL[], defaultPort: number): Omit<RedisAddress, 'kind'> {
  const accesses = urls.map((url) => toAccess(url))
  const { username = '', password = '' } = accesses[0] ?? {}
  for (const other of accesses.filter((access) => access.password)) {
    if (other.username === username && other.password === password) continue
    throw new RedisUrlError('must have the same user name and password for all hosts')
  }
  return {
    hosts: urls.map((url) => toHost(url, defaultPort)),
    tls: urls[0]?.protocol === 'rediss:',
    ...(username && { username }),
    ...(password && { password }),
    db: Math.max(...accesses.map(({ db }) => db)),
  }
}

function toAccess(url: URL): Required<Pick<RedisAddress, 'username' | 'password' | 'db'>> {
  const [, db] = /^\/?(\d{0,5})$/.exec(url.pathname) ?? []
  if (db === undefined) throw new RedisUrlError('must have the number of a database as its path')
  const username = decode(url.username)
  const password = decode(url.password)
  if (username && !password) throw new RedisUrlError('must have a password after the user name')
  return { username, password, db: Number(db) }
}

function toHost({ hostname, port }: URL, defaultPort: number): RedisHost {
  const [, plain, ipv6] = /^(?:([\w.-]+)|\[([\da-f.:]+)\])$/i.exec(hostname) ?? []
  const host = plain ?? ipv6
  if (!host || port === '0') throw new RedisUrlError(forms)
  return { host, port: port ? Number(port) : defaultPort }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new RedisUrlError(`must be a URL ${escapes}`)
  }
}

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
  // A node does not try again by itself: the Cluster looks for the node that has taken its place.
  const { retryStrategy, ...redisOptions } = options
  const cluster: NodesOptions = {
    redisOptions,
    clusterRetryStrategy: retryStrategy,
    // Each takes 100 ms. So many fit into the time that the storage waits for an answer.
    maxRedirections: 6,
    slotsRefreshTimeout: 1000,
    // Each connection looks up the name itself: TLS checks it, and one unknown name does not end the others.
    dnsLookup: (host, callback) => callback(null, host),
  }
  return { nodes: [...hosts], options: cluster }
}

const toSentinelAccess = ({ sentinelUsername, sentinelPassword }: RedisAddress): SingleOptions => ({
  ...(sentinelUsername && { sentinelUsername }),
  ...(sentinelPassword && { sentinelPassword }),
})
