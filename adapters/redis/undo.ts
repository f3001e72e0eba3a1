import type { Argument, Commands } from './commands.ts'
import { undoScript } from './exchange-scripts.ts'

/** An exchange whose client was told that it did not happen. */
export interface UndoneExchange {
  readonly key: string
  /** What the script takes. */
  readonly args: readonly Argument[]
}

/** Takes exchanges back as soon as Redis can be reached. */
export interface Undoing {
  undo(exchange: UndoneExchange): void
  /**
   * To be called before a grant is looked at: nobody sees an exchange in it that is still to be taken back.
   *
   * @throws where that cannot be done now
   */
  settle(key: string): Promise<void>
}

/** How often it is tried, and for how long, in milliseconds. */
const interval = 1000
const longest = 3_600_000

/** How many exchanges are remembered. */
const maxPending = 10_000

interface Pending extends UndoneExchange {
  readonly until: number
}

/** Remembers in this process what is to be taken back. */
export function createUndoing(commands: Commands): Undoing {
  const pending = new Map<string, Pending>()
  let timer: NodeJS.Timeout | undefined

  const run = async ({ key, args }: UndoneExchange): Promise<void> => {
    await commands.run(undoScript, key, ...args)
  }
  const settle = async (key: string): Promise<void> => {
    const exchange = pending.get(key)
    if (!exchange) return
    await run(exchange)
    if (pending.get(key) === exchange) pending.delete(key)
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
        clearTimeout(timer)
        timer = pending.size > 0 ? setTimeout(tick, interval).unref() : undefined
      })

  return {
    settle,
    undo(exchange) {
      if (pending.size >= maxPending) return
      pending.set(exchange.key, { ...exchange, until: performance.now() + longest })
      timer ??= setTimeout(tick, interval).unref()
    },
  }
}
