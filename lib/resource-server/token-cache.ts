import {
  VerificationUnavailableError,
  type TokenVerifier,
  type VerifiedToken,
} from './access-token.ts'
import { hash } from 'node:crypto'

/** Asks when there is a place. The signal says that it takes too long, with the time until then. */
export type InTurn = <Answer>(ask: (signal: AbortSignal) => Promise<Answer>) => Promise<Answer>

/**
 * Limits the questions that are under way, because strangers can send any number of unknown tokens. The last
 * question that waits goes first: it has the most time left. With too many, the first ones would be asked only to
 * be given up.
 *
 * @param timeout - how long to wait for an answer, also while others are asked about, in milliseconds
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
      // By then its connection is free: at once, the next question would open another.
      setImmediate(leave)
    }
  }
}

const tooMany = 'too many tokens were asked about for one more: see maxConcurrency'
const noAnswer = 'the authorization server did not answer in time'

/** For how long there is one failure, in milliseconds: the application is to hear of it once for all. */
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

type Verify = (token: string, signal: AbortSignal) => Promise<VerifiedToken | undefined>

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
  const flights = new Map<string, Flight>()
  const memory = createMemory(maxEntries)
  const waiting = createWaiting()
  const ask = async (token: string, key: string, signal: AbortSignal): Flight['answer'] => {
    const until = performance.now() + maxAge * 1000
    const flight = { answer: verify(token, signal), until }
    flights.set(key, flight)
    try {
      const found = await flight.answer
      if (found) {
        memory.remember(key, found, until)
        waiting.goOn(key, found)
      }
      return found
    } finally {
      if (flights.get(key) === flight) flights.delete(key)
    }
  }
  const find = (key: string): VerifiedToken | Flight['answer'] | undefined => {
    const flight = flights.get(key)
    const isUnderWay = flight && flight.until > performance.now()
    return memory.find(key) ?? (isUnderWay ? flight.answer : undefined)
  }
  return async (token) => {
    if (maxAge === 0) return inTurn((signal) => verify(token, signal))
    const key = hash('sha256', token, 'base64url')
    const turn = (): Flight['answer'] =>
      inTurn(async (signal) => find(key) ?? ask(token, key, signal))
    return find(key) ?? waiting.wait(key, turn)
  }
}

interface Waiting {
  /** Waits for the turn, or for what somebody else finds meanwhile. */
  wait(key: string, turn: () => Flight['answer']): Flight['answer']
  goOn(key: string, found: VerifiedToken): void
}

function createWaiting(): Waiting {
  const all = new Map<string, Set<(found: VerifiedToken) => void>>()
  return {
    wait: (key, turn) =>
      new Promise((resolve, reject) => {
        const same = all.get(key) ?? new Set()
        all.set(key, same.add(resolve))
        const leave = (): void => {
          same.delete(resolve)
          if (same.size === 0) all.delete(key)
        }
        turn().then(resolve, reject).finally(leave)
      }),
    goOn(key, found) {
      for (const resolve of all.get(key) ?? []) resolve(found)
    },
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
