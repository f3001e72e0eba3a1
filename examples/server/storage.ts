import type { Storage } from 'pleo-oauth-server'
import { createMemoryAdapter } from 'pleo-oauth-server/adapters/memory'
import { createRedisAdapter, type RedisClient } from 'pleo-oauth-server/adapters/redis'
import { inProcess, type UsedProofs } from 'pleo-oauth-server/resource-server'
import { createMemoryStore, type PartnerStore } from './partner-store.ts'
import { createRedisStore } from './partner-redis-store.ts'
import { printNotice } from './print.ts'
import { createRedisClient, describeRedis, waitForRedis, watchRedis } from './redis-client.ts'
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
  readonly close: () => void
}

/** How long the start waits for Redis, in milliseconds. */
const startTimeout = 2000

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
    close: () => {},
  }
}

async function openRedis({ address, keys }: RedisSettings): Promise<OpenStorage> {
  const client = createRedisClient(address)
  const subscriber = createRedisClient(address)
  // An error that nobody listens to is printed; those of the second connection say nothing new.
  for (const one of [client, subscriber]) one.on('error', () => {})
  const close = (): void => {
    client.disconnect()
    subscriber.disconnect()
  }
  let isStarted = false
  const storage = createRedisAdapter({
    client,
    subscriber,
    keys,
    onProblem: ({ message }) => {
      if (isStarted) printNotice(message)
    },
  })
  try {
    const isLost = await start(client, storage)
    isStarted = true
    watchRedis(client, isLost, (problem) =>
      problem ? sayLost(problem.reason) : printNotice('Redis is back'),
    )
  } catch (error) {
    close()
    throw error
  }
  const partnerStore = createRedisStore(client, keys)
  const { usedProofs } = storage
  return { storage, usedProofs, partnerStore, place: describeRedis(address), close }
}

/** Looks at Redis before anything is served. Resolves to whether it cannot be reached. */
async function start(client: RedisClient, storage: Storage): Promise<boolean> {
  const problem = await waitForRedis(client, startTimeout)
  if (problem?.isRefused) throw new StartError(`REDIS_URL: Redis refuses: ${problem.reason}`)
  if (problem) {
    sayLost(problem.reason)
    return true
  }
  // Not permitted, or gone meanwhile: then requests will tell.
  const problems = (await storage.check?.().catch(() => [])) ?? []
  if (problems.length === 0) return false
  throw new StartError(
    problems.map(({ code, message }) => `${variables[code] ?? 'REDIS_URL'}: ${message}`),
  )
}

/** What leads to a problem of the storage, where that is not Redis itself. */
const variables: Readonly<Record<string, string>> = { missing_storage_key: 'STORAGE_KEYS' }

function sayLost(reason: string): void {
  printNotice(`Redis is unreachable: ${reason}, requests are answered with 503 until it is back`)
}
