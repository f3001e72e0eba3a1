import { randomUUID } from 'node:crypto'
import type { Cluster, Redis } from 'ioredis'
import type { Script } from './script.ts'

/** A client of ioredis, connected or not, to one server (also through Sentinel) or to a Cluster. */
export type RedisClient = Redis | Cluster

/** What a script takes behind the deadline. */
export type Argument = string | number | Buffer

/** Replicas that a command waits for. */
export interface ReplicaWait {
  readonly count: number
  /** Milliseconds. */
  readonly timeout: number
}

/** Runs scripts. */
export interface Commands {
  /** What the script answered, without the time. */
  run(script: Script, key: string, ...args: readonly Argument[]): Promise<readonly unknown[]>
  /** The same with the clock of the Redis in front, in milliseconds since the epoch. */
  runWithTime(
    script: Script,
    key: string,
    ...args: readonly Argument[]
  ): Promise<readonly [number, ...unknown[]]>
  /** Runs a script and waits until so many replicas have what it wrote; answers how many do, too. */
  runReplicated(
    script: Script,
    wait: ReplicaWait,
    key: string,
    ...args: readonly Argument[]
  ): Promise<{ readonly result: readonly unknown[]; readonly replicas: number }>
}

/** Redis did not answer in time. */
export class RedisTimeoutError extends Error {
  override readonly name = 'RedisTimeoutError'
}

/** An id for one attempt: a command that is sent again after a broken connection keeps it. */
export const createAttempt = (): string => randomUUID()

type Send = (command: 'evalsha' | 'eval', code: string) => Promise<unknown>
type Reply = readonly [number, ...unknown[]]

/**
 * Runs scripts on a client, each on one key, so that all of it is in one slot.
 *
 * @param timeout - how long an answer is waited for, in milliseconds
 */
export function createCommands(client: RedisClient, timeout: number): Commands {
  // How far the clock of the Redis is ahead of ours; unknown until it first answers.
  let ahead: number | undefined

  /** Learns from an answer what time it was there at some moment since `start`, and assumes the least. */
  const learn = (there: number, start: number): void => {
    const [least, most] = [there - performance.now(), there - start]
    ahead = Math.min(Math.max(ahead ?? least, least), most)
  }
  const deadline = (start: number): number =>
    // Not the whole time: the answer must get back, too.
    ahead === undefined ? 0 : Math.floor(start + ahead + timeout * 0.6)

  /** Sends, and learns from the answer what time it is there. */
  const ask = async (send: (deadline: number) => Promise<unknown>): Promise<Reply> => {
    const start = performance.now()
    try {
      const reply = (await within(timeout, send(deadline(start)))) as Reply
      learn(reply[0], start)
      return reply
    } catch (error) {
      const late = /LATE (\d+)/.exec(error instanceof Error ? error.message : '')?.[1]
      if (late === undefined) throw error
      learn(Number(late), start)
      const elapsed = performance.now() - start
      if (elapsed > timeout / 2) throw error
      // It was not late: this server's clock is another than the one that answered last.
      return (await within(timeout - elapsed, send(deadline(start)))) as Reply
    }
  }

  const runWithTime: Commands['runWithTime'] = (script, key, ...args) =>
    ask((until) =>
      known(script, (command, code) => client.callBuffer(command, code, 1, key, until, ...args)),
    )

  return {
    runWithTime,
    run: async (script, key, ...args) => (await runWithTime(script, key, ...args)).slice(1),
    async runReplicated(script, wait, key, ...args) {
      let replicas = 0
      const [, ...result] = await ask((until) =>
        known(script, async (command, code) => {
          const pipeline = client.pipeline()
          pipeline.callBuffer(command, code, 1, key, until, ...args)
          pipeline.wait(wait.count, wait.timeout)
          const [ran, waited] = (await pipeline.exec()) ?? []
          if (ran?.[0]) throw ran[0]
          replicas = waited?.[0] ? 0 : Number(waited?.[1])
          return ran?.[1]
        }),
      )
      return { result, replicas }
    },
  }
}

/** Names the script by its hash, and sends it whole to a server that does not know it (yet, or any more). */
async function known({ sha, source }: Script, send: Send): Promise<unknown> {
  try {
    return await send('evalsha', sha)
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
    return send('eval', source)
  }
}

/** Waits for an answer, and no longer than that. */
export async function within<T>(milliseconds: number, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const message = `Redis did not answer within ${Math.round(milliseconds)} ms`
    timer = setTimeout(() => reject(new RedisTimeoutError(message)), milliseconds)
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}
