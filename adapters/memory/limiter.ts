import type { Limiter, LimiterRule } from '../../lib/storage.ts'

interface Period {
  count: number
  readonly endsAt: number
}

/** The most keys of one counter. One more pushes out the one whose period began first. */
const mostKeys = 100_000

/**
 * Counts in the memory of this process, by its own clock. RateLimiterMemory of rate-limiter-flexible does not do here: it sets a timer
 * for each key, and keeps as many keys as strangers like.
 */
export function createMemoryLimiter(now: () => number): (rule: LimiterRule) => Limiter {
  return ({ seconds }) => {
    // The period that began first is the first.
    const periods = new Map<string, Period>()
    const removeEnded = (time: number): void => {
      for (const [key, { endsAt }] of periods) {
        if (endsAt > time && periods.size < mostKeys) return
        periods.delete(key)
      }
    }
    const periodOf = (key: string, time: number): Period => {
      const running = periods.get(key)
      if (running) return running
      const period = { count: 0, endsAt: time + seconds * 1000 }
      periods.set(key, period)
      return period
    }
    return {
      async count(key, times = 1) {
        const time = now()
        removeEnded(time)
        const period = periodOf(key, time)
        period.count += times
        return { count: period.count, endsIn: period.endsAt - time }
      },
      async giveBack(key) {
        removeEnded(now())
        const period = periods.get(key)
        if (period) period.count -= 1
      },
    }
  }
}
