import type { Redis } from 'ioredis'
import {
  startRedis,
  waitUntil,
  withClient,
  type RedisServer,
  type ServerAccess,
} from './redis-server.ts'

/** A primary with one replica, and one Sentinel that alone decides on a failover. */
export interface SentinelGroup {
  /** The server that is the primary at the start. */
  readonly primary: RedisServer
  /** The server that is its replica at the start. */
  readonly replica: RedisServer
  readonly sentinel: ServerAccess
  /** What the Sentinel calls the primary. */
  readonly name: 'pleo'
  /** Waits until the replica has everything that was written to the primary before. */
  waitForReplica(): Promise<void>
  /** Kills the primary, and waits until the replica has taken its place. */
  failover(): Promise<void>
  /** Waits until the replica has been made the primary, after the primary was killed or paused. */
  waitForPromotion(): Promise<void>
  stop(): Promise<void>
}

const name = 'pleo'

/** The passwords of the default users. */
export interface SentinelPasswords {
  /** Of the primary and its replica; @defaultValue none */
  readonly ofServers?: string
  /** Of the Sentinel; @defaultValue none */
  readonly ofSentinel?: string
}

/** Starts the three, and waits until the Sentinel could do a failover. */
export async function startSentinel({
  ofServers,
  ofSentinel,
}: SentinelPasswords = {}): Promise<SentinelGroup> {
  const [primary, replica, sentinel] = await Promise.all([
    startRedis({ args: ['--repl-diskless-sync-delay', '0'] }),
    startRedis({ args: ['--repl-diskless-sync-delay', '0'] }),
    startRedis({ args: ['--sentinel'] }),
  ])
  await withClient(replica, (client) => client.replicaof(primary.host, primary.port))
  // A Sentinel looks at a server it has just learned of, and then not for ten seconds.
  await waitForOffset(primary, replica)
  await withClient(sentinel, (client) => watch(client, primary))
  await waitUntil('the Sentinel knows the replica', () => knowsReplica(sentinel, replica))
  if (ofServers) await protectServers(sentinel, [primary, replica], ofServers)
  if (ofSentinel)
    await withClient(sentinel, (client) => client.acl('SETUSER', 'default', `>${ofSentinel}`))
  const asked = withPassword(sentinel, ofSentinel)
  const waitForPromotion = (): Promise<void> =>
    waitForPrimary(asked, withPassword(replica, ofServers))
  return {
    primary,
    replica,
    sentinel: asked,
    name,
    waitForReplica: () =>
      waitForOffset(withPassword(primary, ofServers), withPassword(replica, ofServers)),
    failover: async () => {
      await primary.kill()
      await waitForPromotion()
    },
    waitForPromotion,
    stop: async () => {
      // First the one that would react to the end of the others.
      await sentinel.stop()
      await Promise.all([primary.stop(), replica.stop()])
    },
  }
}

const withPassword = ({ host, port }: RedisServer, password = ''): ServerAccess => ({
  host,
  port,
  ...(password && { password }),
})

async function protectServers(
  sentinel: RedisServer,
  servers: readonly RedisServer[],
  password: string,
): Promise<void> {
  await withClient(sentinel, (client) =>
    client.call('SENTINEL', 'SET', name, 'auth-pass', password),
  )
  for (const server of servers) {
    const settings = ['masterauth', password, 'requirepass', password] as const
    await withClient(server, (client) => client.call('CONFIG', 'SET', ...settings))
  }
}

async function watch(client: Redis, primary: RedisServer): Promise<void> {
  const quorum = '1'
  await client.call('SENTINEL', 'MONITOR', name, primary.host, String(primary.port), quorum)
  const times = ['down-after-milliseconds', '500', 'failover-timeout', '2000']
  await client.call('SENTINEL', 'SET', name, ...times)
}

/** A replica that is unknown, or whose state is, is not promoted. */
async function knowsReplica(sentinel: RedisServer, replica: RedisServer): Promise<boolean> {
  const answer = await withClient(sentinel, (client) => client.call('SENTINEL', 'REPLICAS', name))
  return (answer as readonly (readonly string[])[]).some((fields) => {
    const field = (key: string): string | undefined => fields[fields.indexOf(key) + 1]
    return (
      field('port') === String(replica.port) &&
      field('flags') === 'slave' &&
      field('master-link-status') === 'ok'
    )
  })
}

async function waitForPrimary(sentinel: ServerAccess, expected: ServerAccess): Promise<void> {
  await waitUntil('the Sentinel names the replica as the primary', async () => {
    const address = await withClient(sentinel, (client) =>
      client.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name),
    )
    const { role } = await replicationOf(expected)
    return (address as readonly string[])[1] === String(expected.port) && role === 'master'
  })
}

async function waitForOffset(primary: ServerAccess, replica: ServerAccess): Promise<void> {
  const { master_repl_offset: written } = await replicationOf(primary)
  await waitUntil('the replica has what the primary has', async () => {
    const { master_link_status: link, slave_repl_offset: read } = await replicationOf(replica)
    return link === 'up' && Number(read) >= Number(written)
  })
}

async function replicationOf(server: ServerAccess): Promise<Record<string, string>> {
  const info = await withClient(server, (client) => client.info('replication'))
  return Object.fromEntries(
    [...info.matchAll(/^(\w+):(.*)\r$/gm)].map(([, key, value]) => [key, value]),
  )
}
