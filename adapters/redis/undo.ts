import type { Argument, Commands } from './commands.ts'
import { undoScript } from './exchange-scripts.ts'

/** An exchange whose client was told that it did not happen. */
export interface UndoneExchange {
  readonly key: string
  /** The arguments of the script. */
  readonly args: readonly Argument[]
}

/** Takes exchanges back as soon as Redis can be reached. */
export interface Undoing {
  undo(exchange: UndoneExchange): void
  /**
   * To be called before a grant is looked at: nobody sees an exchange in it that is still to be taken back.
   *
   * @throws if that cannot be done now
   */
  settle(key: string): Promise<void>
}

/** How often it is tried, and for how long, in milliseconds: well before the client comes again (Retry-After). */
const interval = 200
const longest = 3_600_000

/** How many exchanges are remembered. */
const maxPending = 10_000

interface Pending {
  /** Several may have been on their way at once; at most one of them was done. */
  readonly exchanges: readonly UndoneExchange[]
  readonly until: number
}

/** Remembers in this process what is to be taken back. */
export function createUndoing(commands: Commands): Undoing {
  const pending = new Map<string, Pending>()
  let timer: NodeJS.Timeout | undefined

  const settle = async (key: string): Promise<void> => {
    const { exchanges = [] } = pending.get(key) ?? {}
    if (exchanges.length === 0) return
    await Promise.all(exchanges.map(({ args }) => commands.run(undoScript, key, ...args)))
    const now = pending.get(key)
    const left = now?.exchanges.filter((exchange) => !exchanges.includes(exchange)) ?? []
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
    settle,
    undo(exchange) {
      if (pending.size >= maxPending) return
      const exchanges = [...(pending.get(exchange.key)?.exchanges ?? []), exchange]
      pending.set(exchange.key, { exchanges, until: performance.now() + longest })
      timer ??= setTimeout(tick, interval).unref()
    },
  }
}
