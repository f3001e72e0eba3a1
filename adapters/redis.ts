import type { Storage, StorageProblem, UsedProofs } from '../lib/storage.ts'
import { createCheck, watchSetup } from './redis/check.ts'
import { createClientRecords } from './redis/clients.ts'
import { createCommands, type RedisClient, type ReplicaWait } from './redis/commands.ts'
import { outliveFailovers } from './redis/connection.ts'
import { createDiagnosis } from './redis/diagnosis.ts'
import type { RedisOptions } from './redis/driver.ts'
import { createGrantStorage } from './redis/grants.ts'
import { createRedisLimiter } from './redis/limiter.ts'
import { createKnownKeys } from './redis/places.ts'
import { createRecordStorage } from './redis/records.ts'
import { createStorageKeys } from './redis/storage-keys.ts'
import { createUsedProofs } from './redis/used-proofs.ts'

export {
  parseRedisUrl,
  RedisUrlError,
  toClientOptions,
  type RedisAddress,
  type RedisClientOptions,
  type RedisHost,
} from './redis/address.ts'
export { toConnectionProblem, watchConnection, type ConnectionProblem } from './redis/connection.ts'
export { RedisTimeoutError, type RedisClient, type ReplicaWait } from './redis/commands.ts'
export { ReplicationError } from './redis/exchange.ts'
export { MissingKeyError } from './redis/places.ts'
export { SealError } from './redis/storage-keys.ts'

/** The options of {@link createRedisAdapter}. */
export interface RedisAdapterOptions {
  /**
   * An ioredis client of the host: `Redis` (one server, or Sentinel) or `Cluster`, best made with
   * {@link recommendedRedisOptions}. The adapter never opens or closes it. It need not be connected yet.
   */
  readonly client: RedisClient

  /**
   * Secrets that name and seal all records. The first one seals new records, and all of them read. Each is random and has 32
   * characters or more. The content of Redis is useless without them.
   *
   * To rotate, add the new one as the second everywhere, then make it the first, and keep the old
   * one until every connection has been refreshed (`lifetimes.refreshToken`, 60 days by default).
   */
  readonly keys: readonly string[]

  /** The beginning of every key in Redis. @defaultValue `pleo:` */
  readonly keyPrefix?: string

  /**
   * How long to wait for an answer of Redis, in milliseconds. A command that reaches Redis later changes nothing.
   *
   * @defaultValue 700
   */
  readonly timeout?: number

  /**
   * Makes each refresh wait until so many replicas have it (`WAIT`), so that a failover cannot forget it. If
   * they are too slow, the refresh is taken back, the answer is 503, and the client may repeat it. Other
   * commands on the same connection wait too.
   *
   * @defaultValue no waiting
   */
  readonly waitForReplicas?: ReplicaWait

  /**
   * A second client, in subscriber mode. With it, a change of an OAuth client counts in all other processes at once.
   * Without it, the change counts within a second.
   *
   * @defaultValue none
   */
  readonly subscriber?: RedisClient

  /**
   * Called with each mistake in the setup of Redis, whenever `client` has connected. If several adapters share a
   * client, only the function of the first one is called.
   *
   * @defaultValue a warning of the process (`process.emitWarning`) with the problem's code
   */
  readonly onProblem?: (problem: StorageProblem) => void

  /**
   * How many used DPoP proofs of one client {@link RedisStorage.usedProofs} remembers. A new one pushes out the oldest of the
   * same client. While a proof is remembered, it takes about 125 bytes.
   *
   * @defaultValue 100 000
   */
  readonly maxProofsPerClient?: number
}

/** Storage in Redis. */
export interface RedisStorage extends Storage {
  /**
   * For `usedProofs` of `bearer()`: the DPoP proofs that were used at an API, for all of its processes. An API that only
   * needs this gives `createRedisAdapter` a `keyPrefix` and `keys` of its own.
   */
  readonly usedProofs: UsedProofs
}

/**
 * Settings of ioredis that suit an authorization server: fail fast, come back by itself, leave a
 * server that was demoted.
 *
 * `autoResendUnfulfilledCommands` stays on, because without it ioredis 6.0.0 can leave a command
 * without an end; a command that is sent twice is harmless here. `enableAutoPipelining` stays off, because on a
 * Cluster it can send commands to the wrong node.
 */
export const recommendedRedisOptions: RecommendedRedisOptions = {
  connectTimeout: 1000,
  commandTimeout: 700,
  socketTimeout: 2000,
  maxRetriesPerRequest: 1,
  retryStrategy: (times) => Math.min(50 * times, 500),
  // The connection goes to another server. The command is answered with 503 and not sent again and again.
  reconnectOnError: (error) => (error.message.startsWith('READONLY') ? 1 : false),
  maxLoadingRetryTime: 1000,
  failoverDetector: true,
  sentinelCommandTimeout: 700,
  autoResendUnfulfilledCommands: true,
  enableAutoPipelining: false,
}

/** The members of {@link recommendedRedisOptions}. */
export type RecommendedRedisOptions = Required<
  Pick<
    RedisOptions,
    | 'autoResendUnfulfilledCommands'
    | 'commandTimeout'
    | 'connectTimeout'
    | 'enableAutoPipelining'
    | 'failoverDetector'
    | 'maxLoadingRetryTime'
    | 'maxRetriesPerRequest'
    | 'reconnectOnError'
    | 'retryStrategy'
    | 'sentinelCommandTimeout'
    | 'socketTimeout'
  >
>

/**
 * Storage in Redis 7 or later: one server, Sentinel, or Cluster. docs/storage.md lists the keys and
 * their content, docs/operations.md says how to set Redis up.
 *
 * @throws TypeError if an option is not as described
 */
export function createRedisAdapter(options: RedisAdapterOptions): RedisStorage {
  const { client, keyPrefix: prefix = 'pleo:', timeout = 700, subscriber } = options
  const { maxProofsPerClient = 100_000 } = options
  checkOptions(options, timeout)
  const keys = createStorageKeys(options.keys)
  const commands = createCommands(client, timeout)
  const known = createKnownKeys(commands, keys, prefix)
  const parts = { commands, keys, known, prefix }
  const check = createCheck(client, timeout, known)
  watchSetup(client, check, options.onProblem)
  outliveFailovers(client)
  if (subscriber) outliveFailovers(subscriber)

  const clients = createClientRecords({ ...parts, redis: client, subscriber })
  const models = new Map([['Client', clients.records]])
  return {
    grants: createGrantStorage({ ...parts, waitForReplicas: options.waitForReplicas }),
    records(model) {
      const existing = models.get(model) ?? createRecordStorage(parts, model)
      models.set(model, existing)
      return existing
    },
    usedProofs: createUsedProofs(parts, maxProofsPerClient),
    deriveKeys: (purpose) => keys.derive(purpose),
    onClientChange: clients.onClientChange,
    limiter: createRedisLimiter(commands, prefix),
    check,
    diagnose: createDiagnosis(client, timeout, prefix),
  }
}

function checkOptions(
  { client, waitForReplicas, maxProofsPerClient = 1 }: RedisAdapterOptions,
  timeout: number,
): void {
  // Timers take no more than this.
  if (!Number.isFinite(timeout) || timeout <= 0 || timeout >= 2 ** 31) {
    throw new TypeError('timeout must be a number of milliseconds above 0')
  }
  if (!Number.isInteger(maxProofsPerClient) || maxProofsPerClient < 1) {
    throw new TypeError('maxProofsPerClient must be a whole number above 0')
  }
  const { options } = client as { readonly options?: { readonly enableAutoPipelining?: boolean } }
  if (options?.enableAutoPipelining) {
    throw new TypeError('client must not have enableAutoPipelining: scripts fail with it')
  }
  if (!waitForReplicas) return
  const { count, timeout: wait } = waitForReplicas
  // With 0, Redis would wait for ever; and the answer must get back in time.
  if (Number.isInteger(count) && count >= 0 && wait > 0 && wait <= timeout * 0.3) return
  throw new TypeError(
    'waitForReplicas must have a count, and a timeout of at most three tenths of timeout',
  )
}
