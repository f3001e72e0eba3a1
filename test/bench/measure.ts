import { quantile } from './spread.ts'
import { startServer, type Launch, type ServerName, type ServerProcess } from './server-process.ts'
import type { Work } from './works.ts'

/** The figures of one round. Processor time, commands and bytes are for one time of the work. */
export interface Round {
  /** How many times a second. */
  readonly rate: number
  /** Milliseconds. */
  readonly p50: number
  /** Milliseconds. */
  readonly p99: number
  /** Microseconds of the server process. */
  readonly cpu: number
  /** Resident memory of the server process at the end of the round, in megabytes. */
  readonly memory: number
  /** Commands to Redis. The call of a script is one. */
  readonly commands: number
  /** Bytes to and from Redis. */
  readonly bytes: number
  /** Microseconds of Redis. */
  readonly redisCpu: number
}

export interface Plan extends Launch {
  readonly works: readonly Work[]
  readonly servers: readonly ServerName[]
  /** How often all servers are started. Two processes of the same server are not equally fast. */
  readonly launches: number
  /** Rounds of each server for each launch. */
  readonly rounds: number
  /** Length of a round. */
  readonly seconds: number
}

/** The rounds of each server. Those with the same index ran one right after the other. */
export type Rounds = ReadonlyMap<ServerName, readonly Round[]>

/** Measures the works on all servers in alternation. Rejects if a single answer is not the right one. */
export async function measure(
  { works, servers: names, launches, rounds, seconds, ...launch }: Plan,
  progress: (text: string) => void,
): Promise<ReadonlyMap<Work, Rounds>> {
  const measured = new Map(
    works.map((work) => [work, new Map(names.map((name): [ServerName, Round[]] => [name, []]))]),
  )
  for (let count = 1; count <= launches; count += 1) {
    progress(`launch ${count}/${launches}: starting ${names.join(', ')}`)
    const servers = await Promise.all(names.map((name) => startServer(name, launch)))
    for (const [work, roundsOf] of measured) {
      progress(`launch ${count}/${launches}: ${work.name}, warming up`)
      for (let warmUp = work.warmUps ?? 1; warmUp > 0; warmUp -= 1) {
        for (const server of servers) await runRound(work, server, seconds)
      }
      for (let round = 0; round < rounds; round += 1) {
        progress(`launch ${count}/${launches}: ${work.name}, round ${round + 1}/${rounds}`)
        // Each round begins with another server.
        const first = round % servers.length
        for (const server of [...servers.slice(first), ...servers.slice(0, first)]) {
          roundsOf.get(server.name)?.push(await runRound(work, server, seconds))
        }
      }
    }
    await Promise.all(servers.map((server) => server.stop()))
  }
  return measured
}

async function runRound(work: Work, server: ServerProcess, seconds: number): Promise<Round> {
  try {
    return await runSteps(work, server, seconds)
  } catch (error) {
    throw new Error(`${work.name} on ${server.name}: ${(error as Error).message}`, { cause: error })
  }
}

/** Lets every user take one step after another until the time is over. */
async function runSteps(work: Work, server: ServerProcess, seconds: number): Promise<Round> {
  const users = await Promise.all(
    server.connections.map((connection) => work.prepare(connection, seconds)),
  )
  const times: number[] = []
  const before = await server.usage()
  const start = performance.now()
  const end = start + seconds * 1000
  await Promise.all(
    users.map(async (steps) => {
      for (const step of steps) {
        const stepStart = performance.now()
        if (stepStart >= end) break
        await step()
        times.push(performance.now() - stepStart)
      }
    }),
  )
  const elapsed = (performance.now() - start) / 1000
  const after = await server.usage()
  times.sort((one, other) => one - other)
  return {
    rate: times.length / elapsed,
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    cpu: (after.cpu - before.cpu) / times.length,
    memory: after.rss / 2 ** 20,
    commands: (after.commands - before.commands) / times.length,
    bytes: (after.bytes - before.bytes) / times.length,
    redisCpu: (after.redisCpu - before.redisCpu) / times.length,
  }
}
