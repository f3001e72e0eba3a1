import { createServer } from 'node:http'
import { performance } from 'node:perf_hooks'
import { Redis } from 'ioredis'
import {
  createRedisAdapter,
  recommendedRedisOptions,
  type RedisAdapterOptions,
  type RedisClient,
} from '../../adapters/redis.ts'
import type { Storage } from '../../lib/index.ts'
import type { Reply } from './browser-visits.ts'
import { everyRequest, toBody, type Kind, type Question } from './every-request.ts'
import { storageKeys } from './redis-harness.ts'
import { pause } from './requests.ts'
import { closeServer, listen, startServer, type RunningServer } from './server.ts'

/** However Redis fails, an answer takes no longer than this to wait for, in milliseconds. */
export const longestAnswer = 2000

/** How long after the end of a fault everything may take to work again, in milliseconds of waiting. */
const recovery = 10_000

/**
 * Starts to measure how long this process waits, in milliseconds. The time for which it works does not count: on a busy
 * machine that time has no limit, and a timeout that is too long shows in the waiting.
 */
export function startWaiting(): () => number {
  const start = performance.eventLoopUtilization()
  return () => performance.eventLoopUtilization(start).idle
}

/** A server on one Redis, that can be replaced by a new process at the same address. */
export interface OutageServer {
  readonly issuer: string
  readonly storage: Storage
  /** What was reported as `server_error` since the last call. */
  takeErrors(): readonly Error[]
  /** Has a server with nothing in its memory answer from now on. */
  replace(): Promise<void>
  stop(): Promise<void>
}

interface Running {
  readonly client: RedisClient
  readonly storage: Storage
  readonly server: RunningServer
}

/** Starts a server whose Redis is at that port, or is reached as that says. */
export async function startOutageServer(
  redis: number | (() => RedisClient),
  options: Pick<RedisAdapterOptions, 'keyPrefix' | 'waitForReplicas'> = {},
): Promise<OutageServer> {
  const http = createServer()
  const issuer = await listen(http)
  let errors: Error[] = []
  const connect = (): RedisClient =>
    typeof redis === 'number' ? new Redis(redis, '127.0.0.1', recommendedRedisOptions) : redis()
  const start = async (): Promise<Running> => {
    const client = connect()
    client.on('error', () => undefined)
    const storage = createRedisAdapter({ client, keys: storageKeys, ...options })
    const lifetimes = { authorizationCode: 600 }
    const server = await startServer({ issuer, storage, lifetimes })
    server.provider.on('server_error', (_ctx, error) => void errors.push(error))
    return { client, storage, server }
  }
  let running = await start()
  const end = async (): Promise<void> => {
    running.client.disconnect()
    await running.server.close()
  }
  http.on('request', (request, response) => {
    void running.server.app.callback()(request, response)
  })
  return {
    issuer,
    get storage() {
      return running.storage
    },
    takeErrors() {
      const taken = errors
      errors = []
      return taken
    },
    async replace() {
      await end()
      running = await start()
    },
    async stop() {
      await end()
      await closeServer(http)
    },
  }
}

/** A request of a kind that is on the point of being sent. */
export type Prepared = Question & { readonly kind: Kind }

/** Has one request of each kind ready. */
export const prepareEveryRequest = (issuer: string): Promise<readonly Prepared[]> =>
  Promise.all(everyRequest.map((kind) => prepare(kind, issuer)))

export async function prepare(kind: Kind, issuer: string): Promise<Prepared> {
  return { ...(await kind.prepare(issuer)), kind }
}

/** A reply, and how long this process waited for it in milliseconds. */
export interface Timed {
  readonly question: Prepared
  readonly reply: Reply
  readonly took: number
}

export async function timed(question: Prepared): Promise<Timed> {
  const waited = startWaiting()
  const reply = await question.ask()
  return { question, reply, took: waited() }
}

/** What is wrong with an answer that must say that the storage is unavailable, and no more than that. */
export function flawsOf({ question, reply, took }: Timed, port: number): readonly string[] {
  const { status, headers, text } = reply
  const isPage = question.kind.by === 'person'
  const says = isPage ? /Code: (\w+)$/m.exec(text)?.[1] : codeOf(reply)
  const type = headers.get('content-type') ?? 'none'
  const inside = new RegExp(`.{0,80}(redis|ECONN|timed out|EVALSHA|\\b${port}\\b).{0,80}`, 'i')
  const told = inside.exec(text + JSON.stringify([...headers]))?.[0]
  const checks: readonly (readonly [isFine: boolean, flaw: string])[] = [
    [status === 503, `status ${status}: ${text.slice(0, 300)}`],
    [says === 'temporarily_unavailable', `error ${String(says)}`],
    [/^\d+$/.test(headers.get('retry-after') ?? ''), 'no Retry-After'],
    [headers.get('cache-control')?.includes('no-store') ?? false, 'may be cached'],
    [headers.get('location') === null, 'leads somewhere'],
    [type.startsWith(isPage ? 'text/html' : 'application/json'), `content type ${type}`],
    [took < longestAnswer, `took ${Math.round(took)} ms`],
    [told === undefined, `tells of the inside: ${String(told)}`],
  ]
  return checks.filter(([isFine]) => !isFine).map(([, flaw]) => `${question.kind.name}: ${flaw}`)
}

function codeOf(reply: Reply): unknown {
  try {
    return toBody(reply)['error']
  } catch {
    return 'that is no JSON'
  }
}

/**
 * Asks until it is answered, as clients and people do who are told to try again. Resolves to what is wrong where
 * the answer is another than the one it has a right to.
 */
export async function retry(question: Prepared): Promise<readonly string[]> {
  const waited = startWaiting()
  for (;;) {
    const { reply, took } = await timed(question)
    const { name } = question.kind
    if (took >= longestAnswer) return [`${name}: took ${Math.round(took)} ms`]
    if (question.isAnswer(reply)) return []
    if (reply.status !== 503) return [`${name}: ${reply.status} ${reply.text}`]
    if (waited() > recovery) return [`${name}: still unavailable`]
    await pause(100)
  }
}

/** Whether a person could not go on where a fault came in the middle, and the page says so or asks anew. */
export const isToldToStartAgain = (flaw: string): boolean =>
  flaw.includes('Go back to the app and start again') ||
  // The decision counts. The application can be opened from there.
  flaw.includes('You already answered this request') ||
  flaw.includes('value="allow"') ||
  // The cookies of the sign-in never came: the same request begins anew.
  flaw.includes('name="password"')
