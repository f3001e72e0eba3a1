import {
  VerificationUnavailableError,
  type TokenVerifier,
  type VerifiedToken,
} from './access-token.ts'
import { hash } from 'node:crypto'
import { EventEmitter } from 'node:events'

/** Asks when there is a free place. The signal aborts when wait and answer take too long. */
export type InTurn = <Answer>(ask: (signal: AbortSignal) => Promise<Answer>) => Promise<Answer>

/**
 * Limits the questions that are under way, because strangers can send any number of unknown tokens. The latest
 * question goes first, because it has the most time left: under load, the earliest would be asked only to be given up.
 *
 * @param timeout - how long to wait for a place and the answer, in milliseconds
 */
export function createTurns(places: number, timeout: number): InTurn {
  const waiting: (() => void)[] = []
  let free = places
  let answeredAt = -Infinity
  const toFailure = createFailures()
  const wait = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const since = performance.now()
      const giveUp = (): void => {
        waiting.splice(waiting.indexOf(begin), 1)
        reject(toFailure(answeredAt > since ? tooMany : noAnswer))
      }
      const begin = (): void => {
        signal.removeEventListener('abort', giveUp)
        resolve()
      }
      waiting.push(begin)
      signal.addEventListener('abort', giveUp)
    })
  const leave = (): void => {
    const begin = waiting.pop()
    if (begin) begin()
    else free += 1
  }
  return async (ask) => {
    const signal = AbortSignal.timeout(timeout)
    if (free >= 1) free -= 1
    else await wait(signal)
    try {
      const answer = await ask(signal)
      answeredAt = performance.now()
      return answer
    } finally {
      // After this tick its connection is free. Otherwise the next question would open another.
      setImmediate(leave)
    }
  }
}

const tooMany = 'too many tokens were asked about for one more: see maxConcurrency'
const noAnswer = 'the authorization server did not answer in time'

/** Failures within this time, in milliseconds, are one error, so that the application hears of them once. */
const pause = 1000

function createFailures(): (message: string) => VerificationUnavailableError {
  let latest: VerificationUnavailableError | undefined
  let until = 0
  return (message) => {
    const now = performance.now()
    if (latest?.message !== message || now >= until) {
      latest = new VerificationUnavailableError(message)
      until = now + pause
    }
    return latest
  }
}

/** The cache of good tokens. */
export interface CacheOptions {
  /**
   * How late a revocation can count, in seconds since the authorization server was asked. With 0, every request asks.
   *
   * @defaultValue 5
   */
  readonly maxAge?: number
  /**
   * How many good tokens are remembered. A new one pushes out the oldest.
   *
   * @defaultValue 10000
   */
  readonly maxEntries?: number
}

type Verify = (token: string, signal: AbortSignal) => Promise<VerifiedToken | undefined>

interface Entry<Found> {
  readonly found: Found
  /** How long it is believed, as `performance.now()` has it. */
  readonly until: number
}

/**
 * Remembers good tokens for a while, by a hash, and never past their end. If a token is being asked for, other
 * requests with it wait for that answer, unless the question is older than an answer is trusted. Each request that
 * waits has its own turn, and goes on as soon as one of them has found the token good. Only good tokens are
 * remembered: with bad ones, strangers could push good ones out.
 */
export function cacheTokens(
  verify: Verify,
  inTurn: InTurn,
  { maxAge, maxEntries }: Required<CacheOptions>,
): TokenVerifier {
  /** Questions that are not answered yet. */
  const flights = new Map<string, Entry<ReturnType<Verify>>>()
  const memory = createMemory(maxEntries)
  /** Tells the requests that wait that their token is good. The name of the event is the hash of the token. */
  const news = new EventEmitter().setMaxListeners(0)
  const ask = async (token: string, key: string, signal: AbortSignal): ReturnType<Verify> => {
    const until = performance.now() + maxAge * 1000
    const flight = { found: verify(token, signal), until }
    flights.set(key, flight)
    try {
      const found = await flight.found
      if (found) {
        memory.remember(key, { found, until })
        news.emit(key, found)
      }
      return found
    } finally {
      if (flights.get(key) === flight) flights.delete(key)
    }
  }
  const find = (key: string): VerifiedToken | ReturnType<Verify> | undefined => {
    const flight = flights.get(key)
    const isUnderWay = flight && flight.until > performance.now()
    return memory.find(key) ?? (isUnderWay ? flight.found : undefined)
  }
  return async (token) => {
    if (maxAge === 0) return inTurn((signal) => verify(token, signal))
    const key = hash('sha256', token, 'base64url')
    return (
      find(key) ??
      new Promise((resolve, reject) => {
        news.on(key, resolve)
        inTurn(async (signal) => find(key) ?? ask(token, key, signal))
          .then(resolve, reject)
          .finally(() => news.off(key, resolve))
      })
    )
  }
}

interface Memory {
  find(key: string): VerifiedToken | undefined
  remember(key: string, entry: Entry<VerifiedToken>): void
}

function createMemory(maxEntries: number): Memory {
  const entries = new Map<string, Entry<VerifiedToken>>()
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
    remember(key, entry) {
      // A token that was asked about again is the newest.
      entries.delete(key)
      makeRoom()
      entries.set(key, entry)
    },
  }
}
