import type * as Driver from 'ioredis'
import {
  createRedisAdapter,
  parseRedisUrl,
  recommendedRedisOptions,
  RedisUrlError,
  toClientOptions,
  watchConnection,
  type ConnectionProblem,
  type RedisAddress,
  type RedisClient,
} from '../../../adapters/redis.ts'
import type { Storage } from '../../storage.ts'
import { Refusal, toSettingsHint } from '../terminal/refusals.ts'

/** A connected Redis. */
export interface OpenRedis {
  readonly storage: Storage
  /** Ends the connection, after all that was sent has arrived. */
  readonly close: () => Promise<void>
}

/** Redis is there and refuses, or it is not there. */
export class RedisRefusal extends Refusal {
  readonly code: 'refused' | 'storage_unreachable'

  constructor(code: RedisRefusal['code'], message: string) {
    super(message)
    this.code = code
  }
}

/** The variables that name a Redis, as far as they are set. */
export const givenRedisSettings = (): {
  readonly url?: string
  readonly keys?: readonly string[]
} => {
  const url = process.env['REDIS_URL'] || undefined
  const keys = (process.env['STORAGE_KEYS'] || undefined)?.split(',').map((key) => key.trim())
  return { ...(url && { url }), ...(keys && { keys }) }
}

/** The time to wait for the connection, in milliseconds. */
const connectTimeout = 3000

/**
 * Opens the Redis that `REDIS_URL` and `STORAGE_KEYS` name.
 *
 * @param judge - asks for the problems of its setup; by default it refuses those that no command can work with, and warns of others
 * @throws {@link Refusal} that says what is missing or wrong, and contains no value
 */
export async function openRedis(
  keyPrefix: string | undefined,
  judge: (storage: Storage) => Promise<void> = refuseProblems,
): Promise<OpenRedis> {
  const { address, keys } = readEnvironment()
  const client = await createClient(address)
  // The driver prints errors that nothing listens to.
  client.on('error', () => undefined)
  try {
    await connect(client, address)
    const storage = createRedisAdapter({
      client,
      keys,
      ...(keyPrefix !== undefined && { keyPrefix }),
      // `judge` asks for them.
      onProblem: () => undefined,
    })
    await judge(storage)
    const close = async (): Promise<void> => {
      // A command that nobody waits for, like the removal of a grant from an index, is sent at the end of this turn. `quit`
      // waits for it, and for the message that a client has changed.
      await new Promise(setImmediate)
      await client.quit().catch(() => undefined)
      client.disconnect()
    }
    return { storage, close }
  } catch (error) {
    client.disconnect()
    throw error
  }
}

function readEnvironment(): { address: RedisAddress; keys: readonly string[] } {
  const { url, keys } = givenRedisSettings()
  const missing = [url ? [] : 'REDIS_URL', keys ? [] : 'STORAGE_KEYS'].flat()
  if (!url || !keys) {
    throw new Refusal(
      `${missing.join(' and ')} must be set, as for the authorization server, or --config must name it${toSettingsHint(missing)}`,
    )
  }
  if (keys.some((key) => key.length < 32)) {
    const empty = keys.indexOf('')
    const found =
      empty === -1 ? '' : `. Number ${empty + 1} of ${keys.length} is empty: remove its comma`
    const form = 'secrets of 32 characters or more, separated by commas'
    throw new Refusal(
      `STORAGE_KEYS must be those of the authorization server, in the same order: ${form}${found}`,
    )
  }
  return { address: { ...toAddress(url), ...readSentinelAccess() }, keys }
}

function readSentinelAccess(): Partial<RedisAddress> {
  const sentinelUsername = process.env['REDIS_SENTINEL_USERNAME'] || undefined
  const sentinelPassword = process.env['REDIS_SENTINEL_PASSWORD'] || undefined
  if (sentinelUsername && !sentinelPassword) {
    throw new Refusal('REDIS_SENTINEL_PASSWORD must be set with REDIS_SENTINEL_USERNAME')
  }
  return { sentinelUsername, sentinelPassword }
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
  const problem = await new Promise<ConnectionProblem | undefined>((resolve) => {
    const late = { message: 'Redis is unreachable: no answer' }
    const timer = setTimeout(resolve, connectTimeout, late)
    watchConnection(client, (found) => {
      clearTimeout(timer)
      resolve(found)
    })
  })
  if (!problem) return
  const setting = problem.wrong === 'sentinelAccess' ? 'REDIS_SENTINEL_PASSWORD' : 'REDIS_URL'
  const where = hosts.map(({ host, port }) => `${host}:${port}`).join(', ')
  const code = problem.wrong ? 'refused' : 'storage_unreachable'
  throw new RedisRefusal(code, `${setting}: ${problem.message} (${where})`)
}

/** Problems that no command can work with, and the setting behind each. */
const fatal: Readonly<Record<string, string>> = {
  missing_storage_key: 'STORAGE_KEYS',
  refused: 'REDIS_URL',
}

async function refuseProblems(storage: Storage): Promise<void> {
  for (const { code, message } of (await storage.check?.()) ?? []) {
    if (fatal[code]) throw new Refusal(`${fatal[code]}: ${message}`)
    console.error(`warning: ${message}`)
  }
}
