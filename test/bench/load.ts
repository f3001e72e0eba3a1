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

/** Lets a fixed number of users each do the scenario, one time after another, for so many seconds. */
export async function runRound(
  scenario: Scenario,
  server: ServerProcess,
  seconds: number,
): Promise<Round> {
  const users = await Promise.all(
    Array.from({ length: concurrency }, () => scenario.prepare(server)),
  )
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
