import type { Redis } from './driver.ts'
import type { StorageProblem } from '../../lib/storage.ts'
import { isCluster, RedisTimeoutError, type RedisClient } from './commands.ts'
import { isReplica, reach, toConnectionProblem } from './connection.ts'
import { MissingKeyError, type KnownKeys } from './places.ts'

/** The oldest Redis whose scripts can say that a replica must not run them. */
const oldestVersion = 7

/** How long a Cluster may take until it knows its servers, in milliseconds. */
const connectTimeout = 5000

/** Makes the check of the setup: of every server that holds keys, and of the storage keys. */
export function createCheck(
  client: RedisClient,
  timeout: number,
  known: KnownKeys,
): () => Promise<readonly StorageProblem[]> {
  return async () => {
    try {
      return await reach(client, async () => {
        const problems = await findProblems(client, timeout)
        // Such a node refuses to read most keys.
        if (problems.some(({ code }) => code === 'cluster_node')) return problems
        return [...problems, ...(await missingKeys(known))]
      })
    } catch (error) {
      const { message, wrong } = toConnectionProblem(error)
      if (!wrong) throw error
      return [{ code: 'refused', message }]
    }
  }
}

async function missingKeys(known: KnownKeys): Promise<readonly StorageProblem[]> {
  try {
    // The check comes first, so that a process with wrong keys does not make all others miss those.
    await known.check()
    await known.announce()
    return []
  } catch (error) {
    if (!(error instanceof MissingKeyError)) throw error
    return [{ code: 'missing_storage_key', message: error.message }]
  }
}

async function findProblems(
  client: RedisClient,
  timeout: number,
): Promise<readonly StorageProblem[]> {
  const servers = await serversOf(client)
  const problems = await Promise.all(
    servers.map((server) => within(timeout, problemsOf(server, isCluster(client)))),
  )
  return problems.flat()
}

/** The servers that hold keys. */
export async function serversOf(client: RedisClient): Promise<readonly Redis[]> {
  if (!isCluster(client)) return [client]
  // Until it is ready, it knows no servers, or only those of its options. If it cannot connect, it never answers.
  if (client.status !== 'ready') await within(connectTimeout, client.ping())
  return client.nodes('master')
}

/** @throws RedisTimeoutError if no answer comes within that many milliseconds */
export async function within<T>(milliseconds: number, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new RedisTimeoutError(milliseconds)), milliseconds)
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Reads what a server says of itself. INFO, not CONFIG: hosted servers keep CONFIG to themselves. */
export async function readInfo(server: Redis): Promise<(name: string) => string | undefined> {
  const info = await server.info()
  return (name) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1]
}

async function problemsOf(
  server: Redis,
  isClusterClient: boolean,
): Promise<readonly StorageProblem[]> {
  const valueOf = await readInfo(server)
  // It was demoted. Another command would end the connection to it.
  if (valueOf('role') === 'slave') throw new Error(isReplica)
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

/** Checks the setup whenever the client has connected, once for each client, however many adapters use it. */
export function watchSetup(
  client: RedisClient,
  find: () => Promise<readonly StorageProblem[]>,
  report: (problem: StorageProblem) => void = warn,
): void {
  if (watched.has(client)) return
  watched.add(client)
  const look = async (): Promise<void> => {
    // The connection may be lost again. The next one checks again.
    const problems = await find().catch(() => [])
    try {
      problems.forEach((problem) => report(problem))
    } catch (error) {
      process.emitWarning(error instanceof Error ? error : String(error))
    }
  }
  client.on('ready', () => void look())
  if (client.status === 'ready') void look()
  if (!isCluster(client)) return
  // A Cluster does not emit `ready` when a server joins later or comes back.
  client.on('+node', () => client.status === 'ready' && void look())
}

const warn = ({ code, message }: StorageProblem): void =>
  process.emitWarning(message, { type: 'RedisStorageWarning', code })
