import type { StorageProblem } from '../../lib/storage.ts'
import { readInfo, serversOf, within } from './check.ts'
import type { RedisClient } from './commands.ts'
import { reach } from './connection.ts'
import type { Redis } from './driver.ts'

/** How far the clock of Redis may be from ours, in milliseconds. */
const mostDifference = 5000

/** Makes the search for settings that lose something in a crash or a failover, on every server that holds keys, and for a wrong prefix. */
export const createDiagnosis =
  (
    client: RedisClient,
    timeout: number,
    prefix: string,
  ): (() => Promise<readonly StorageProblem[]>) =>
  () =>
    reach(client, async () => {
      const servers = await serversOf(client)
      const found = await Promise.all([
        ...servers.map((server) => within(timeout, problemsOf(server))),
        // ioredis writes a prefix of its own before that of the adapter. A user may lack the right to search.
        findOtherPrefix(servers, `${client.options.keyPrefix ?? ''}${prefix}`, timeout).catch(
          () => [],
        ),
      ])
      // The nodes of a Cluster mostly have the same settings.
      return [...new Map(found.flat().map((problem) => [problem.code, problem])).values()]
    })

async function problemsOf(server: Redis): Promise<readonly StorageProblem[]> {
  const valueOf = await readInfo(server)
  const problems: StorageProblem[] = []
  if (valueOf('aof_enabled') === '0') {
    problems.push({
      code: 'no_append_only',
      message:
        'Redis has appendonly no, so that a crash loses every connection since its last snapshot, and all if it takes none',
    })
  }
  const [used, most] = [Number(valueOf('used_memory')), Number(valueOf('maxmemory'))]
  if (most > 0 && used > 0.9 * most) {
    problems.push({
      code: 'memory_short',
      message: `Redis uses ${Math.round((100 * used) / most)} % of its maxmemory, and refuses every write when it is full`,
    })
  }
  const failed = ['rdb_last_bgsave_status', 'aof_last_bgrewrite_status', 'aof_last_write_status']
  if (failed.some((name) => valueOf(name) === 'err')) {
    problems.push({
      code: 'disk_failing',
      message:
        'Redis could not write its files when it last tried, so that a restart loses connections',
    })
  }
  // Redis says how many replicas are good only if it demands some.
  const isDemanded = valueOf('min_slaves_good_slaves') !== undefined
  if (Number(valueOf('connected_slaves')) > 0 && !isDemanded) {
    problems.push({
      code: 'replicas_not_required',
      message:
        'Redis has replicas and min-replicas-to-write 0, so that a primary that was cut off goes on and its writes are lost',
    })
  }
  return [...problems, ...(await findClockDifference(server))]
}

async function findClockDifference(server: Redis): Promise<readonly StorageProblem[]> {
  const [before, [seconds], after] = [Date.now(), await server.time(), Date.now()]
  // Redis read its clock at some moment between the two, and the first number has no fractions.
  const earliest = Number(seconds) * 1000 - after
  const latest = Number(seconds) * 1000 + 1000 - before
  if (earliest <= mostDifference && latest >= -mostDifference) return []
  const difference = Math.round(Math.abs(earliest) / 1000)
  const direction = earliest > 0 ? 'ahead of' : 'behind'
  const message = `the clock of Redis is ${difference} seconds ${direction} the clock of this machine`
  return [{ code: 'storage_clock', message }]
}

/** Every server notes its storage keys below its prefix, before anything else. So does the one that looks. */
const note = 'storage-keys'

/** Finds the prefix of another server if there is nothing below this one. A search that takes too long finds nothing. */
async function findOtherPrefix(
  servers: readonly Redis[],
  own: string,
  timeout: number,
): Promise<readonly StorageProblem[]> {
  const end = performance.now() + timeout
  const isInUse = async (prefix: string): Promise<boolean | undefined> => {
    const found = await findKeys(servers, `${escape(prefix)}*`, (key) => key !== prefix + note, end)
    return found && found.length > 0
  }
  if ((await isInUse(own)) !== false) return []
  const notes = (await findKeys(servers, `*${note}`, (key) => key !== own + note, end)) ?? []
  for (const other of notes.map((key) => key.slice(0, -note.length))) {
    if (!(await isInUse(other))) continue
    const message = `nothing is stored under the prefix "${own}", and a server stores under "${other}"`
    return [{ code: 'other_prefix', message }]
  }
  return []
}

const escape = (text: string): string => text.replaceAll(/[\\*?[\]]/g, String.raw`\$&`)

/** Some of the keys that are wanted, none if there are none, and undefined if the time is over. */
async function findKeys(
  servers: readonly Redis[],
  pattern: string,
  isWanted: (key: string) => boolean,
  end: number,
): Promise<readonly string[] | undefined> {
  for (const server of servers) {
    let cursor = '0'
    do {
      if (performance.now() > end) return undefined
      const [next, keys] = await server.scan(cursor, 'MATCH', pattern, 'COUNT', 10_000)
      const wanted = keys.filter((key) => isWanted(key))
      if (wanted.length > 0) return wanted
      cursor = next
    } while (cursor !== '0')
  }
  return []
}
