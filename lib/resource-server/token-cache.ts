import { hash } from 'node:crypto'
import type { TokenVerifier, VerifiedToken } from './access-token.ts'

/** How long an answer is believed. */
export interface CacheOptions {
  /**
   * Seconds from when the authorization server is asked: how late a revocation can be noticed. 0: every request asks.
   *
   * @defaultValue 5
   */
  readonly maxAge?: number
  /**
   * How many good tokens are remembered. The one remembered the longest is forgotten for a new one.
   *
   * @defaultValue 10000
   */
  readonly maxEntries?: number
}

/** A question that is not answered yet. */
interface Flight {
  readonly answer: Promise<VerifiedToken | undefined>
  readonly until: number
}

/**
 * Remembers good tokens for a while, by a hash of them, and none past its end. Whoever comes while one is asked for waits
 * for that answer, unless it was asked for longer ago than an answer is believed. What is not good is never among what is
 * remembered: strangers could push out what is.
 */
export function cacheTokens(
  verify: TokenVerifier,
  { maxAge, maxEntries }: Required<CacheOptions>,
): TokenVerifier {
  const flights = new Map<string, Flight>()
  const memory = createMemory(maxEntries)
  const ask = async (token: string, key: string, until: number): Flight['answer'] => {
    const flight = { answer: verify(token), until }
    flights.set(key, flight)
    try {
      const found = await flight.answer
      if (found) memory.remember(key, found, until)
      return found
    } finally {
      if (flights.get(key) === flight) flights.delete(key)
    }
  }
  return async (token) => {
    if (maxAge === 0) return verify(token)
    const key = hash('sha256', token, 'base64url')
    const now = performance.now()
    const known = memory.find(key)
    if (known) return known
    const flight = flights.get(key)
    return flight && flight.until > now ? flight.answer : ask(token, key, now + maxAge * 1000)
  }
}

interface Memory {
  find(key: string): VerifiedToken | undefined
  /** `until`: as `performance.now()` has it. */
  remember(key: string, found: VerifiedToken, until: number): void
}

function createMemory(maxEntries: number): Memory {
  const entries = new Map<string, { readonly found: VerifiedToken; readonly until: number }>()
  const makeRoom = (): void => {
    const now = performance.now()
    for (const [key, { until }] of entries) {
      if (until > now && entries.size < maxEntries) return
      entries.delete(key)
    }
  }
  return {
    find(key) {
      const { found, until = 0 } = entries.get(key) ?? {}
      if (found && until > performance.now() && found.expiresAt > Date.now()) return found
      entries.delete(key)
      return undefined
    },
    remember(key, found, until) {
      // Who was asked about again is the newest.
      entries.delete(key)
      makeRoom()
      entries.set(key, { found, until })
    },
  }
}
