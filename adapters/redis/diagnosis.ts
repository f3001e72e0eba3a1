import type { StorageProblem } from '../../lib/storage.ts'
import { readInfo, serversOf, within } from './check.ts'
import type { RedisClient } from './commands.ts'
import { reach } from './connection.ts'
import type { Redis } from './driver.ts'

/** How far the clock of Redis may be from ours, in milliseconds. */
const mostDifference = 5000

/** Makes the search for settings that lose something in a crash or a failover, on every server that holds keys. */
export const createDiagnosis =
  (client: RedisClient, timeout: number): (() => Promise<readonly StorageProblem[]>) =>
  () =>
    reach(client, async () => {
      const servers = await serversOf(client)
      const found = await Promise.all(servers.map((server) => within(timeout, problemsOf(server))))
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
