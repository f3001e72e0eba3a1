import type { Redis } from 'ioredis'
import type { StorageProblem } from '../../lib/storage.ts'
import type { RedisClient } from './commands.ts'

/** The oldest Redis whose scripts can say that a replica must not run them. */
const oldestVersion = 7

/** Looks at every server that holds keys. */
export async function findProblems(client: RedisClient): Promise<readonly StorageProblem[]> {
  const servers: readonly Redis[] = isCluster(client) ? client.nodes('master') : [client]
  if (servers.length === 0) throw new Error('the Cluster is not connected yet')
  const problems = await Promise.all(servers.map((server) => problemsOf(server, isCluster(client))))
  return problems.flat()
}

const isCluster = (client: RedisClient): client is Extract<RedisClient, { nodes: unknown }> =>
  client.isCluster

async function problemsOf(
  server: Redis,
  isClusterClient: boolean,
): Promise<readonly StorageProblem[]> {
  // INFO, not CONFIG: hosted servers keep CONFIG to themselves.
  const info = await server.info()
  const valueOf = (name: string): string | undefined =>
    new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1]
  const problems: StorageProblem[] = []
  const policy = valueOf('maxmemory_policy')
  if (policy !== undefined && policy !== 'noeviction') {
    problems.push({
      code: 'evicting_policy',
      message: `Redis has maxmemory-policy ${policy}, which drops connections of customers when memory is short: set it to noeviction`,
    })
  }
  if (valueOf('redis_mode') === 'cluster' && !isClusterClient) {
    problems.push({
      code: 'cluster_node',
      message: 'Redis is a node of a Cluster: give a client that was made with Cluster',
    })
  }
  const version = valueOf('redis_version') ?? ''
  if (Number.parseInt(version, 10) < oldestVersion) {
    problems.push({
      code: 'old_redis',
      message: `Redis ${version} is too old: version ${oldestVersion} or later is needed`,
    })
  }
  return problems
}

const watched = new WeakSet<RedisClient>()

/** Looks whenever the client has connected. One look for each client, however many adapters use it. */
export function watchSetup(
  client: RedisClient,
  report: (problem: StorageProblem) => void = warn,
): void {
  if (watched.has(client)) return
  watched.add(client)
  const look = (): void =>
    void findProblems(client).then(
      (problems) => problems.forEach((problem) => report(problem)),
      // It went away again; there will be another look when it is back.
      () => undefined,
    )
  client.on('ready', look)
  if (client.status === 'ready') look()
}

const warn = ({ code, message }: StorageProblem): void =>
  process.emitWarning(message, { type: 'RedisStorageWarning', code })
