import type { Writable } from 'node:stream'
import type { Cluster, Redis } from './driver.ts'
import { createRedisClock, type RedisClock, type Reply } from './redis-clock.ts'
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

  /** @param waited - for how many milliseconds */
  constructor(waited: number) {
    super(`Redis did not answer within ${waited} ms`)
  }
}

/** Whether the client is connected to a Cluster. */
export const isCluster = (client: RedisClient): client is Cluster => client.isCluster

/** Whether a script answered 1 first, whatever the client makes of numbers. */
export const isOne = ([first]: readonly unknown[]): boolean => Number(first) === 1

/** Sends a script, by its hash or all of it, with a deadline. */
type Send = (command: 'evalsha' | 'eval', code: string, deadline: number) => Promise<unknown>

/**
 * Runs scripts on a client, each on one key, so that all of it is in one slot.
 *
 * @param timeout - how long an answer is waited for, in milliseconds
 */
export function createCommands(client: RedisClient, timeout: number): Commands {
  const ask = createAsk(client, timeout)
  const runWithTime: Commands['runWithTime'] = (script, key, ...args) =>
    ask(script, (command, code, deadline) =>
      client.callBuffer(command, code, 1, key, deadline, ...args),
    )
  return {
    runWithTime,
    run: (script, key, ...args) => runWithTime(script, key, ...args).then(withoutTime),
    async runReplicated(wait, script, key, ...args) {
      let replicas = 0
      const reply = await ask(script, async (command, code, deadline) => {
        const parts = [command, code, 1, key, deadline, ...args] as const
        const pipeline = client.pipeline()
        pipeline.callBuffer(...parts)
        pipeline.wait(wait.count, wait.timeout)
        const [ran, waited] = (await pipeline.exec()) ?? []
        replicas = waited?.[0] ? 0 : Number(waited?.[1])
        if (!ran?.[0]) return ran?.[1]
        if (!isMoving(ran[0])) throw ran[0]
        // A pipeline does not follow a slot that moves; its new server has replicas of its own.
        replicas = wait.count
        return client.callBuffer(...parts)
      })
      return { result: withoutTime(reply), replicas }
    },
  }
}

const withoutTime = ([, ...answer]: Reply): readonly unknown[] => answer

/** Whether Redis says that the slot moves to another server (Cluster specification, MOVED and ASK). */
const isMoving = (error: Error): boolean => /^(MOVED|ASK|TRYAGAIN)\b/.test(error.message)

/** A script that waits for the end of the turn, and then for its answer. */
interface Question {
  readonly script: Script
  readonly send: Send
  readonly resolve: (reply: Reply) => void
  readonly reject: (error: unknown) => void
}

/** Scripts that are sent at the same time. */
interface Batch {
  readonly start: number
  readonly deadline: number
  /** How many of them have no answer yet. */
  open: number
  readonly timer: NodeJS.Timeout
}

/** How many are sent together at most: of a thousand, the last ones would come too late. */
const mostAtOnce = 64

type Ask = (script: Script, send: Send) => Promise<Reply>

/**
 * Sends the scripts of one turn of the event loop together, with one deadline, one timer, and one write to each socket. Their
 * time begins when they are sent: a process that was busy until then is not late.
 */
function createAsk(client: RedisClient, timeout: number): Ask {
  const clock = createRedisClock()
  // Less than the timeout, because the answer must get back too.
  const patience = timeout * 0.6
  const deliver = createDelivery(clock, timeout, patience)
  // On a Cluster, each node has options of its own.
  const options: { commandTimeout?: number | undefined } = isCluster(client) ? {} : client.options
  let questions: Question[] = []
  const flush = (): void => {
    const asked = questions
    if (asked.length === 0) return
    questions = []
    const start = performance.now()
    const timer = setTimeout(() => {
      // This changes nothing for those that have their answer.
      for (const { reject } of asked) reject(new RedisTimeoutError(timeout))
    }, timeout)
    const batch: Batch = { start, deadline: clock.at(start + patience), open: asked.length, timer }
    const streams = asked.length > 1 ? streamsOf(client) : []
    for (const stream of streams) stream.cork()
    // The batch has a timer. ioredis would set one for each command, which takes 2 µs. It reads the option while it takes a command.
    const { commandTimeout } = options
    options.commandTimeout = undefined
    for (const question of asked) void deliver(question, batch, batch.deadline)
    options.commandTimeout = commandTimeout
    for (const stream of streams) stream.uncork()
  }
  return (script, send) =>
    new Promise((resolve, reject) => {
      const count = questions.push({ script, send, resolve, reject })
      if (count === 1) setImmediate(flush)
      else if (count === mostAtOnce) flush()
    })
}

type Deliver = (
  question: Question,
  batch: Batch,
  deadline: number,
  command?: 'evalsha' | 'eval',
) => Promise<void>

/** Names a script by its hash. Sends all of it to a server that does not know it yet, or any more. */
function createDelivery(clock: RedisClock, timeout: number, patience: number): Deliver {
  const deliver: Deliver = async (question, batch, deadline, command = 'evalsha') => {
    const { script, send, resolve, reject } = question
    try {
      const reply = await send(command, command === 'eval' ? script.source : script.sha, deadline)
      resolve(clock.learn(reply as readonly unknown[], batch.start))
    } catch (error) {
      const { message = '' } = error instanceof Error ? error : {}
      const elapsed = performance.now() - batch.start
      if (command === 'evalsha' && message.startsWith('NOSCRIPT') && elapsed < timeout) {
        return deliver(question, batch, deadline, 'eval')
      }
      const late = /LATE (\d+)/.exec(message)?.[1]
      // It was not late: the clock of this server is ahead of that of another one.
      if (late !== undefined && deadline === batch.deadline && elapsed <= timeout / 2) {
        return deliver(question, batch, Math.floor(Number(late) + patience - elapsed))
      }
      reject(error)
    }
    batch.open -= 1
    if (batch.open === 0) clearTimeout(batch.timer)
  }
  return deliver
}

/** The sockets of a client: of a Cluster, one to each server that has keys. */
const streamsOf = (client: RedisClient): readonly Writable[] =>
  (isCluster(client) ? client.nodes('master') : [client]).flatMap(
    // There is one only while it is connected.
    ({ stream }: { readonly stream?: Writable }) => stream ?? [],
  )
