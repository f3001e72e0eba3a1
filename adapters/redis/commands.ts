import { randomUUID } from 'node:crypto'
import type { Writable } from 'node:stream'
import type { Cluster, Redis } from 'ioredis'
import type { Script } from './script.ts'

/** A client of ioredis, connected or not, to one server (also through Sentinel) or to a Cluster. */
export type RedisClient = Redis | Cluster

/** The arguments of a script after the deadline. */
export type Argument = string | number | Buffer

/** Replicas that a command waits for. */
export interface ReplicaWait {
  readonly count: number
  /** Milliseconds. */
  readonly timeout: number
}

/** Runs scripts. */
export interface Commands {
  /** Runs a script. Resolves to its answer, without the time. */
  run(script: Script, key: string, ...args: readonly Argument[]): Promise<readonly unknown[]>
  /** The same. The answer begins with the clock of the Redis, in milliseconds since the epoch. */
  runWithTime(
    script: Script,
    key: string,
    ...args: readonly Argument[]
  ): Promise<readonly [number, ...unknown[]]>
  /** Runs a script, and waits until so many replicas have what it wrote. Resolves also to how many have it. */
  runReplicated(
    wait: ReplicaWait,
    script: Script,
    key: string,
    ...args: readonly Argument[]
  ): Promise<{ readonly result: readonly unknown[]; readonly replicas: number }>
}

/** Redis did not answer in time. */
export class RedisTimeoutError extends Error {
  override readonly name = 'RedisTimeoutError'
}

/** Whether a script answered 1 first, whatever the client makes of numbers. */
export const isOne = ([first]: readonly unknown[]): boolean => Number(first) === 1

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
  const ask = createAsk(timeout)
  const gather = createGathering(client)
  const runWithTime: Commands['runWithTime'] = (script, key, ...args) =>
    ask((until) =>
      known(script, (command, code) => {
        gather()
        return client.callBuffer(command, code, 1, key, until, ...args)
      }),
    )
  return {
    runWithTime,
    run: async (script, key, ...args) => (await runWithTime(script, key, ...args)).slice(1),
    async runReplicated(wait, script, key, ...args) {
      let replicas = 0
      const [, ...result] = await ask((until) => {
        const parts = [1, key, until, ...args] as const
        const run = async (command: string, code: string): Promise<unknown> => {
          const pipeline = client.pipeline()
          pipeline.callBuffer(command, code, ...parts)
          pipeline.wait(wait.count, wait.timeout)
          const [ran, waited] = (await pipeline.exec()) ?? []
          if (ran?.[0]) throw ran[0]
          replicas = waited?.[0] ? 0 : Number(waited?.[1])
          return ran?.[1]
        }
        return known(script, run).catch((error: unknown) => {
          if (!isMoving(error)) throw error
          // A pipeline does not follow a slot that moves; its new server has replicas of its own.
          replicas = wait.count
          return known(script, (command, code) => client.callBuffer(command, code, ...parts))
        })
      })
      return { result, replicas }
    },
  }
}

/**
 * Makes the commands of one task wait for each other, so that they go out in one write. Not on a Cluster: there
 * ioredis chooses among several sockets.
 */
function createGathering(client: RedisClient): () => void {
  let gathering: Writable | undefined
  return () => {
    const { stream } = client as unknown as { readonly stream?: Writable }
    if (!stream || stream === gathering) return
    gathering = stream
    stream.cork()
    // Not later: if the process is busy then, the commands would reach Redis after their deadline.
    process.nextTick(() => {
      gathering = undefined
      stream.uncork()
    })
  }
}

type Ask = (send: (deadline: number) => Promise<unknown>) => Promise<Reply>

/** Sends with a deadline by the clock of the Redis, and learns from the answer what time it is there. */
function createAsk(timeout: number): Ask {
  // How far the clock was ahead of ours at the latest answers, at the least.
  const ahead: number[] = []
  // Less than the timeout, because the answer must get back too.
  const patience = timeout * 0.6
  /** The clock was read at some moment between the question and now. */
  const learn = (reply: Reply, start: number): Reply => {
    const [least, most] = [reply[0] - performance.now(), reply[0] - start]
    const before = ahead.length === 0 ? least : Math.min(...ahead)
    ahead.push(Math.min(Math.max(before, least), most))
    if (ahead.length > 32) ahead.shift()
    return reply
  }
  return async (send) => {
    const start = performance.now()
    // Of several servers, the clock that is least ahead counts: the answer LATE shows a deadline that is too early.
    const until = ahead.length === 0 ? 0 : Math.floor(start + Math.min(...ahead) + patience)
    try {
      return learn(toReply(await within(timeout, send(until))), start)
    } catch (error) {
      const late = /LATE (\d+)/.exec(error instanceof Error ? error.message : '')?.[1]
      const elapsed = performance.now() - start
      if (late === undefined || elapsed > timeout / 2) throw error
      // It was not late: the clock of this server is ahead of that of another one.
      const again = Math.floor(Number(late) + patience - elapsed)
      return learn(toReply(await within(timeout - elapsed, send(again))), start)
    }
  }
}

const toReply = (reply: unknown): Reply => {
  const [time, ...answer] = reply as readonly unknown[]
  return [Number(time), ...answer]
}

/** Whether Redis says that the slot moves to another server (Cluster specification, MOVED and ASK). */
const isMoving = (error: unknown): boolean =>
  error instanceof Error && /^(MOVED|ASK|TRYAGAIN)\b/.test(error.message)

/** Names the script by its hash. Sends all of it to a server that does not know it yet, or any more. */
async function known({ sha, source }: Script, send: Send): Promise<unknown> {
  try {
    return await send('evalsha', sha)
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
    return send('eval', source)
  }
}

/** @throws RedisTimeoutError if no answer comes within that many milliseconds */
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
