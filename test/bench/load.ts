import { concurrency } from './http-client.ts'
import type { Scenario } from './scenarios.ts'
import type { ServerProcess } from './server-process.ts'

/** What one round measured. */
export interface Round {
  /** Per second. */
  readonly rate: number
  /** Microseconds of the server process for each. */
  readonly cpu: number
  /** Part of the time in which the server process worked, 1 being one processor. */
  readonly busy: number
  /** Milliseconds of each. */
  readonly latencies: readonly number[]
}

/** What one user does, again and again. */
type Step = () => Promise<void>

/** Makes the users: once for all rounds, so that a round holds nothing but its scenario. */
export function createUsers(scenario: Scenario, server: ServerProcess): Promise<readonly Step[]> {
  return Promise.all(Array.from({ length: concurrency }, () => scenario.prepare(server)))
}

/** Lets every user do the scenario, one time after another, for so many seconds. */
export async function runRound(
  users: readonly Step[],
  server: ServerProcess,
  seconds: number,
): Promise<Round> {
  const latencies: number[] = []
  const cpuBefore = await server.cpu()
  const start = performance.now()
  const end = start + seconds * 1000
  await Promise.all(
    users.map(async (step) => {
      let before = performance.now()
      while (before < end) {
        await step()
        const after = performance.now()
        latencies.push(after - before)
        before = after
      }
    }),
  )
  const elapsed = (performance.now() - start) / 1000
  const cpu = (await server.cpu()) - cpuBefore
  return {
    rate: latencies.length / elapsed,
    cpu: cpu / latencies.length,
    busy: cpu / 1e6 / elapsed,
    latencies,
  }
}
