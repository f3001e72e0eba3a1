import { setTimeout as pause } from 'node:timers/promises'
import type { Storage } from 'pleo-oauth-server'
import { createMemoryAdapter } from 'pleo-oauth-server/adapters/memory'
import {
  createRedisAdapter,
  toConnectionProblem,
  watchConnection,
  type ConnectionProblem,
  type RedisClient,
} from 'pleo-oauth-server/adapters/redis'
import { inProcess, type UsedProofs } from 'pleo-oauth-server/resource-server'
import { createMemoryStore, type PartnerStore } from './partner-store.ts'
import { createRedisStore } from './partner-redis-store.ts'
import { printProblem } from './print.ts'
import { createRedisClient, describeRedis } from './redis-client.ts'
import type { RedisSettings, Settings } from './settings.ts'
import { StartError } from './start-error.ts'

/** Where everything is kept. */
export interface OpenStorage {
  /** For the authorization server. */
  readonly storage: Storage
  /** For the API. */
  readonly usedProofs: UsedProofs
  /** For the partner application. */
  readonly partnerStore: PartnerStore
  /** In words for people, without credentials. */
  readonly place: string
  /** Says it if a request failed because Redis refuses what it needs. */
  readonly noteFailure: (error: unknown) => void
  readonly close: () => Promise<void>
}

/** How long the start waits for Redis, in milliseconds. */
const startTimeout = 2000

/** How long the end waits for it, in milliseconds. */
const quitTimeout = 1000

/**
 * Opens Redis, or memory where there is none. A Redis that cannot be reached keeps nothing from starting.
 *
 * @throws {@link StartError} where Redis is there, and cannot be used as it is
 */
export async function openStorage({ redis }: Settings): Promise<OpenStorage> {
  if (redis) return openRedis(redis)
  return {
    storage: createMemoryAdapter(),
    usedProofs: inProcess(),
    partnerStore: createMemoryStore(),
    place: 'memory: lost when this ends',
    noteFailure: () => {},
    close: async () => {},
  }
}

async function openRedis({ address, keys }: RedisSettings): Promise<OpenStorage> {
  const client = createRedisClient(address)
  const subscriber = createRedisClient(address)
  // An error that nobody listens to is printed; those of the second connection say nothing new.
  for (const one of [client, subscriber]) one.on('error', () => {})
  const disconnect = (): void => {
    client.disconnect()
    subscriber.disconnect()
  }
  const close = async (): Promise<void> => {
    // QUIT waits for what was sent before it, and for ever if Redis does.
    const quit = Promise.allSettled([client.quit(), subscriber.quit()])
    await Promise.race([quit, pause(quitTimeout)])
    disconnect()
  }
  let isStarted = false
  const storage = createRedisAdapter({
    client,
    subscriber,
    keys,
    onProblem: ({ message }) => {
      if (isStarted) printProblem(message)
    },
  })
  try {
    await start(client, storage)
    isStarted = true
  } catch (error) {
    disconnect()
    throw error
  }
  const partnerStore = createRedisStore(client, keys)
  const { usedProofs } = storage
  const noteFailure = createFailureNotes()
  return { storage, usedProofs, partnerStore, place: describeRedis(address), noteFailure, close }
}

/** Looks at Redis before anything is served. */
async function start(client: RedisClient, storage: Storage): Promise<void> {
  const problem = await waitForRedis(client)
  if (problem?.wrong) throw new StartError(`${variables[problem.wrong]}: ${problem.message}`)
  // It may be gone again: then requests will tell.
  const problems = problem ? [] : ((await storage.check?.().catch(() => [])) ?? [])
  if (problems.length === 0) return
  throw new StartError(
    problems.map(({ code, message }) => `${variables[code] ?? 'REDIS_URL'}: ${message}`),
  )
}

/** What leads to a problem, where that is not the address of Redis. */
const variables: Readonly<Record<string, string>> = {
  address: 'REDIS_URL',
  sentinelAccess: 'REDIS_SENTINEL_PASSWORD',
  missing_storage_key: 'STORAGE_KEYS',
}

/** Resolves to what is in the way of the first connection, and says from then on when it is lost and back. */
function waitForRedis(client: RedisClient): Promise<ConnectionProblem | undefined> {
  return new Promise((resolve) => {
    let isFirst = true
    let isLost = false
    const tell = (problem: ConnectionProblem | undefined): void => {
      clearTimeout(timer)
      resolve(problem)
      if (!problem && isLost) printProblem('Redis is back')
      // A refusal at the start is its end, and is said then.
      isLost = problem !== undefined && !(isFirst && problem.wrong)
      if (problem && isLost) sayLost(problem)
      isFirst = false
    }
    const timer = setTimeout(tell, startTimeout, { message: 'Redis is unreachable: no answer' })
    watchConnection(client, tell)
  })
}

/** How often it is said that Redis refuses commands of a client that it has let in, in milliseconds. */
const failureInterval = 60_000

function createFailureNotes(): OpenStorage['noteFailure'] {
  let saidAt = -Infinity
  return (error) => {
    const { cause = error } = error instanceof Error ? error : {}
    const problem = toConnectionProblem(cause)
    if (!problem.wrong || performance.now() - saidAt < failureInterval) return
    saidAt = performance.now()
    sayLost(problem)
  }
}

function sayLost({ message, wrong }: ConnectionProblem): void {
  const until = wrong ? 'that is put right' : 'it is back'
  printProblem(`${message}, requests are answered with 503 until ${until}`)
}
