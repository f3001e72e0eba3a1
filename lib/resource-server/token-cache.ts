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
   * How many tokens are remembered. The one asked for the longest ago is forgotten for a new one.
   *
   * @defaultValue 10000
   */
  readonly maxEntries?: number
}

interface Entry {
  readonly answer: Promise<VerifiedToken | undefined>
  readonly until: number
}

/**
 * Remembers good tokens for a while, by a hash of them. Whoever comes while one is asked for waits for that answer,
 * unless it was asked for longer ago than an answer is believed. What is not good is not remembered: strangers could push
 * out what is.
 */
export function cacheTokens(
  verify: TokenVerifier,
  { maxAge, maxEntries }: Required<CacheOptions>,
): TokenVerifier {
  const entries = new Map<string, Entry>()
  const makeRoom = (now: number): void => {
    // The order of the entries is that of their ends.
    for (const [key, { until }] of entries) {
      if (until > now && entries.size < maxEntries) return
      entries.delete(key)
    }
  }
  return (token) => {
    if (maxAge === 0) return verify(token)
    const key = hash('sha256', token, 'base64url')
    const now = performance.now()
    const known = entries.get(key)
    if (known && known.until > now) return known.answer
    entries.delete(key)
    makeRoom(now)
    const entry = { answer: verify(token), until: now + maxAge * 1000 }
    entries.set(key, entry)
    const forget = (): void => {
      if (entries.get(key) === entry) entries.delete(key)
    }
    entry.answer.then((found) => found ?? forget(), forget)
    return entry.answer
  }
}
