import type { Exchange, ExchangeResult } from '../../lib/storage.ts'
import type { Argument, Commands, ReplicaWait } from './commands.ts'
import { exchangeScript, undoScript } from './exchange-scripts.ts'
import { kinds, nameOfSuccessor, sealToken } from './grant-hash.ts'
import { toMilliseconds, type StoreParts } from './places.ts'
import { createAttempt } from './script.ts'
import type { StorageKeys } from './storage-keys.ts'

/** Some replicas did not have a refresh in time; it was taken back. */
export class ReplicationError extends Error {
  override readonly name = 'ReplicationError'
}

/** The parts that store grants. */
export interface GrantParts extends StoreParts {
  readonly waitForReplicas: ReplicaWait | undefined
}

/**
 * Makes an exchange in the grant at that key. If it is not known whether it was made, or if replicas do not have it, it is taken
 * back: the client gets an error, and may repeat the request at any time.
 */
export async function exchangeAt(
  { commands, keys, waitForReplicas }: GrantParts,
  undoing: Undoing,
  key: string,
  exchange: Exchange,
): Promise<ExchangeResult> {
  const attempt = createAttempt()
  const args = toArguments(keys, key, exchange)
  const change = [exchangeScript, key, attempt, ...args.exchange] as const
  try {
    if (!waitForReplicas || exchange.used.kind !== 'RefreshToken') {
      return String((await commands.run(...change))[0]) as ExchangeResult
    }
    const { result, replicas } = await commands.runReplicated(waitForReplicas, ...change)
    const answer = String(result[0]) as ExchangeResult
    const { count } = waitForReplicas
    if (answer !== 'exchanged' || replicas >= count) return answer
    throw new ReplicationError(`${replicas} of ${count} replicas have the refresh`)
  } catch (error) {
    // Also if Redis refuses: a command that was sent before the connection broke may have been done.
    undoing.undo(key, [attempt, ...args.undo])
    // The old refresh token is good again before its client hears of it.
    if (error instanceof ReplicationError) await undoing.settle(key).catch(() => undefined)
    throw error
  }
}

/** The arguments of both scripts after the attempt. */
function toArguments(
  keys: StorageKeys,
  key: string,
  { used, refreshToken, accessToken, retryWindow, overlap = 0 }: Exchange,
): Readonly<Record<'exchange' | 'undo', readonly Argument[]>> {
  const kind = kinds[used.kind]
  const names = keys.names(used.kind, used.id)
  const generation = used.kind === 'RefreshToken' ? used.generation : 0
  const newNames = refreshToken ? keys.names('RefreshToken', refreshToken.id) : ([''] as const)
  // An access token is never compared, so one name does.
  const accessTokenName = accessToken ? keys.names('AccessToken', accessToken.id)[0] : ''
  return {
    exchange: [
      kind,
      names.join(','),
      generation,
      retryWindow * 1000,
      newNames.join(','),
      refreshToken ? sealToken(keys, key, 'RefreshToken', newNames[0], refreshToken) : '',
      refreshToken ? toMilliseconds(refreshToken.lifetime) : '',
      nameOfSuccessor(keys, refreshToken),
      accessTokenName,
      accessToken ? sealToken(keys, key, 'AccessToken', accessTokenName, accessToken) : '',
      accessToken ? toMilliseconds(accessToken.lifetime) : '',
      keys.ids[0],
      overlap * 1000,
    ],
    undo: [kind, names[0], generation, newNames[0]],
  }
}

/** Takes exchanges back whose client was told that they did not happen, as soon as Redis can be reached. */
export interface Undoing {
  /** The keys of the grants that have such an exchange. */
  readonly pending: Pick<ReadonlyMap<string, unknown>, 'has'>
  /** Notes one. @param args - of the script */
  undo(key: string, args: readonly Argument[]): void
  /**
   * Takes back all of a grant. To be called before the grant is looked at: nobody sees such an exchange in it.
   *
   * @throws if that cannot be done now
   */
  settle(key: string): Promise<void>
}

/** How often and for how long to try, in milliseconds: well before the client comes again (Retry-After). */
const interval = 200
const longest = 3_600_000

/** How many exchanges are remembered. */
const maxPending = 10_000

interface Pending {
  /** The arguments of each. If several were sent at once, Redis did at most one of them. */
  readonly exchanges: readonly (readonly Argument[])[]
  readonly until: number
}

/** Remembers in this process what is to be taken back. */
export function createUndoing(commands: Commands): Undoing {
  const pending = new Map<string, Pending>()
  let timer: NodeJS.Timeout | undefined

  const settle = async (key: string): Promise<void> => {
    const { exchanges = [] } = pending.get(key) ?? {}
    await Promise.all(exchanges.map((args) => commands.run(undoScript, key, ...args)))
    const now = pending.get(key)
    const left = now?.exchanges.filter((args) => !exchanges.includes(args)) ?? []
    if (now && left.length > 0) pending.set(key, { ...now, exchanges: left })
    else pending.delete(key)
  }
  const settleAll = async (): Promise<void> => {
    const now = performance.now()
    for (const [key, { until }] of pending) if (until < now) pending.delete(key)
    // One after the other, and no more once one fails: Redis is away.
    for (const key of pending.keys()) await settle(key)
  }
  const tick = (): void =>
    void settleAll()
      .catch(() => undefined)
      .finally(() => {
        timer = pending.size > 0 ? setTimeout(tick, interval).unref() : undefined
      })

  return {
    pending,
    settle,
    undo(key, args) {
      if (pending.size >= maxPending) return
      const exchanges = [...(pending.get(key)?.exchanges ?? []), args]
      pending.set(key, { exchanges, until: performance.now() + longest })
      timer ??= setTimeout(tick, interval).unref()
    },
  }
}
