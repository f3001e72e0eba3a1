import { once } from 'node:events'
import type * as Driver from 'ioredis'
import {
  createRedisAdapter,
  parseRedisUrl,
  recommendedRedisOptions,
  RedisUrlError,
  toClientOptions,
  type RedisAddress,
  type RedisClient,
} from '../../../adapters/redis.ts'
import type { Storage } from '../../storage.ts'
import { Refusal } from '../terminal/refusal.ts'
import { toSettingsHint } from './settings-file.ts'

/** Redis, connected. */
export interface OpenRedis {
  readonly storage: Storage
  /** Ends the connection, with all that was sent through it. */
  readonly close: () => Promise<void>
}

/** How long the connection is waited for, in milliseconds. */
const connectTimeout = 3000

/**
 * Opens the Redis that `REDIS_URL` and `STORAGE_KEYS` name.
 *
 * @throws {@link Refusal} with what is missing or wrong, without a value of either
 */
export async function openRedis(keyPrefix: string | undefined): Promise<OpenRedis> {
  const { address, keys } = readEnvironment()
  const client = await createClient(address)
  // An error that nobody listens to is printed.
  client.on('error', () => undefined)
  try {
    await connect(client, address)
    const storage = createRedisAdapter({
      client,
      keys,
      ...(keyPrefix !== undefined && { keyPrefix }),
      // It is asked for its problems below.
      onProblem: () => undefined,
    })
    await refuseProblems(storage)
    return { storage, close: () => close(client) }
  } catch (error) {
    client.disconnect()
    throw error
  }
}

interface Environment {
  readonly address: RedisAddress
  readonly keys: readonly string[]
}

function readEnvironment(): Environment {
  const url = process.env['REDIS_URL'] || undefined
  const keys = (process.env['STORAGE_KEYS'] || undefined)?.split(',').map((key) => key.trim())
  const missing = [url ? [] : 'REDIS_URL', keys ? [] : 'STORAGE_KEYS'].flat()
  if (!url || !keys) {
    throw new Refusal(
      `${missing.join(' and ')} must be set, as for the authorization server, or --config must name it${toSettingsHint()}`,
    )
  }
  if (keys.some((key) => key.length < 32)) {
    const form = 'secrets of 32 characters or more, newest first, separated by commas'
    throw new Refusal(`STORAGE_KEYS must be those of the authorization server: ${form}`)
  }
  return { address: toAddress(url), keys }
}

function toAddress(url: string): RedisAddress {
  try {
    return parseRedisUrl(url)
  } catch (error) {
    if (!(error instanceof RedisUrlError)) throw error
    throw new Refusal(`REDIS_URL ${error.message}`)
  }
}

async function createClient(address: RedisAddress): Promise<RedisClient> {
  const { Cluster, Redis } = await importDriver()
  const { nodes, options } = toClientOptions(address, recommendedRedisOptions)
  return nodes ? new Cluster(nodes, options) : new Redis(options)
}

async function importDriver(): Promise<Pick<typeof Driver, 'Redis' | 'Cluster'>> {
  try {
    return await import('ioredis')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new Refusal('ioredis is not installed, and Redis needs it: npm install ioredis')
  }
}

async function connect(client: RedisClient, { hosts }: RedisAddress): Promise<void> {
  const where = hosts.map(({ host, port }) => `${host}:${port}`).join(', ')
  try {
    await once(client, 'ready', { signal: AbortSignal.timeout(connectTimeout) })
  } catch (error) {
    throw new Refusal(`Redis at ${where} cannot be reached: ${reasonOf(error)}`)
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error) || error.name === 'AbortError') return 'no answer'
  // A Cluster says that no node works, and has with it why the last one does not.
  if ('lastNodeError' in error && error.lastNodeError) return reasonOf(error.lastNodeError)
  // Without a text where a name has several addresses, and none answered.
  return error.message || ('code' in error ? String(error.code) : error.name)
}

/** Not with keys that are not those of the servers: they could read nothing of it. */
async function refuseProblems(storage: Storage): Promise<void> {
  const problems = (await storage.check?.()) ?? []
  for (const { message } of problems.filter(({ code }) => code !== 'missing_storage_key'))
    console.error(`warning: ${message}`)
  const wrong = problems.find(({ code }) => code === 'missing_storage_key')
  if (wrong) throw new Refusal(`STORAGE_KEYS: ${wrong.message}`)
}

async function close(client: RedisClient): Promise<void> {
  // After what was sent and not waited for: the word that a client has changed.
  await client.quit().catch(() => undefined)
  client.disconnect()
}
