import type { Logo } from './fetch-logo.ts'

/** The state of a logo. */
export interface CachedLogo {
  readonly clientId: string
  /** `undefined` if it cannot be shown. */
  readonly logo: Logo | undefined
  /** When it has to be fetched again, in milliseconds since the epoch. */
  readonly until: number
}

/** Logos in memory, by their names. */
export interface LogoCache {
  find(name: string): CachedLogo | undefined
  store(name: string, cached: CachedLogo): void
}

interface Bound {
  readonly count: number
  /** Of the pictures, in bytes. */
  readonly size: number
}

/** The bound for one client: a logo in each language of the pages, and four of the largest size. */
const boundOfClient: Bound = { count: 12, size: 1024 * 1024 }

/** The bound for all clients. */
const bound: Bound = { count: 2000, size: 64 * 1024 * 1024 }

/**
 * Creates a cache with a bound for each client, so that a client with many logos pushes out none but its own. Each bound drops
 * those first that were not used for the longest time.
 */
export function createLogoCache(): LogoCache {
  const entries = new Map<string, CachedLogo>()
  const trim = ({ count, size }: Bound, isCounted: (cached: CachedLogo) => boolean): void => {
    const counted = [...entries].filter(([, cached]) => isCounted(cached))
    let left = counted.length
    let leftSize = counted.reduce((sum, [, cached]) => sum + sizeOf(cached), 0)
    for (const [name, cached] of counted) {
      if (left <= count && leftSize <= size) return
      entries.delete(name)
      left -= 1
      leftSize -= sizeOf(cached)
    }
  }
  const store: LogoCache['store'] = (name, cached) => {
    // The entries of a map are in the order in which they were set.
    entries.delete(name)
    entries.set(name, cached)
  }
  return {
    find(name) {
      const cached = entries.get(name)
      if (cached) store(name, cached)
      return cached
    },
    store(name, cached) {
      store(name, cached)
      trim(boundOfClient, ({ clientId }) => clientId === cached.clientId)
      trim(bound, () => true)
    },
  }
}

const sizeOf = ({ logo }: CachedLogo): number => logo?.content.length ?? 0
