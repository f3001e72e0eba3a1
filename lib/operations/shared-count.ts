import type { Count } from './limit-counts.ts'

/** Counts in this process, and tells the storage. */
export interface SharedCount {
  /** Whether this process has counted anything. */
  isBusy(): boolean
  /** The milliseconds to wait if this process knows that the limit is reached, otherwise 0. */
  wait(value: string): number
  /**
   * Counts one more. Resolves to the milliseconds to wait if it is above the limit, otherwise to 0. If the storage does not answer,
   * this process counts alone.
   */
  add(value: string): Promise<number>
}

interface Period {
  count: number
  /** How many of them the storage does not know. */
  untold: number
  endsAt: number
}

/** Of how many values a process remembers the counts. */
const mostValues = 10_000

/**
 * @param atOnce - how many this process counts before it tells the storage. Of the first one, the storage hears at once
 */
export function createSharedCount({ most, period, add }: Count, atOnce = 1): SharedCount {
  const seen = new Map<string, Period>()
  const find = (value: string, now: number): Period => {
    const running = seen.get(value)
    if (running && running.endsAt > now) return running
    const begun = { count: 0, untold: 0, endsAt: now + period }
    // The one that was seen first makes room.
    const [oldest] = seen.size < mostValues ? [] : seen.keys()
    if (oldest !== undefined) seen.delete(oldest)
    seen.delete(value)
    seen.set(value, begun)
    return begun
  }
  return {
    isBusy: () => seen.size > 0,
    wait(value) {
      const running = seen.get(value)
      return running && running.count >= most ? Math.max(0, running.endsAt - performance.now()) : 0
    },
    async add(value) {
      if (most === Infinity) return 0
      const running = find(value, performance.now())
      // Before anything is waited for, so that a burst is counted in time.
      running.count += 1
      running.untold += 1
      const { count, untold } = running
      if (count > 1 && untold < atOnce) return 0
      running.untold = 0
      try {
        const shared = await add(value, untold)
        running.count = Math.max(running.count, shared.count)
        running.endsAt = performance.now() + shared.endsIn
        return shared.count > most ? shared.endsIn : 0
      } catch {
        return count > most ? Math.max(1, running.endsAt - performance.now()) : 0
      }
    },
  }
}
