/** What docs/deploy.md assumes, beside what was measured. */
const assumed = {
  /** Seconds between two refreshes of a connection. */
  interval: 900,
  /** Introspections for each refresh. */
  introspections: 5,
  /** The busiest second has so many times the average. */
  peak: 2,
  /** How much of a processor a process, or Redis, is to use in that second. */
  use: 0.5,
  /** Bytes of the largest shard. */
  shard: 16e9,
}

export const begin = '<!-- capacity: computed from the figures of benchmarks.md -->'
export const end = '<!-- end of capacity -->'

/**
 * Computes how many processes and shards of Redis it takes, as a table.
 *
 * @param benchmarks - docs/benchmarks.md, which has the processor time of each work
 * @param operations - docs/operations.md, which has the memory of a connection
 */
export function toCapacityTable(benchmarks: string, operations: string): string {
  const { interval, introspections, peak, use, shard } = assumed
  const [introspection, refresh] = (['introspection', 'refresh'] as const).map((work) =>
    readCosts(benchmarks, work),
  )
  if (!introspection || !refresh) throw new Error('there are no figures')
  // In the compact form of hash-max-listpack-value, which examples/deploy/redis.conf sets.
  const bytes = (readNumber(operations, /about ([\d.]+) kB for each connection/) * 1000 * 6) / 7
  const rows = [10_000, 1_000_000, 100_000_000].map((connections) => {
    const rate = (connections / interval) * peak
    const cost = (of: 'server' | 'redis'): number =>
      (rate * (refresh[of] + introspections * introspection[of])) / 1e6
    const memory = connections * bytes
    // One more than needed, and two at least: one can be away.
    const processes = Math.ceil(cost('server') / use) + 1
    const shards = Math.ceil(Math.max(cost('redis') / use, memory / shard))
    const cells = [
      connections,
      rate,
      rate * introspections,
      cost('server'),
      processes,
      cost('redis'),
      memory / 1e9,
      shards,
    ]
    return `| ${cells.map(toText).join(' | ')} |`
  })
  const head = [
    'connections',
    'refreshes/s',
    'introspections/s',
    'processors for the server',
    'processes',
    'processors for Redis',
    'memory of Redis, GB',
    'shards of Redis',
  ]
  return [`| ${head.join(' | ')} |`, `| ${head.map(() => '--:').join(' | ')} |`, ...rows].join('\n')
}

/** Two significant digits are more than the measurement has; a whole number stays one. */
const toText = (value: number): string =>
  (value < 100 ? Number(value.toPrecision(2)) : Math.round(value))
    .toLocaleString('en')
    .replaceAll(',', ' ')

interface Costs {
  readonly server: number
  readonly redis: number
}

/** Microseconds of processor time for one time of a work. */
function readCosts(benchmarks: string, work: string): Costs {
  const rows = benchmarks
    .split('\n')
    .filter((line) => new RegExp(`^\\| ${work} +\\| ours +\\|`).test(line))
    .map((line) => line.split('|').map((cell) => Number.parseFloat(cell)))
  const [speed = [], resources = []] = rows
  const [server = Number.NaN, redis = Number.NaN] = [speed[6], resources[6]]
  if (!(server > 0 && redis > 0)) throw new Error(`docs/benchmarks.md has no figures of ${work}`)
  return { server, redis }
}

function readNumber(text: string, pattern: RegExp): number {
  const value = Number(pattern.exec(text)?.[1])
  if (!(value > 0)) throw new Error(`there is no ${String(pattern)}`)
  return value
}
