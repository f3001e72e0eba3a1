import { VerificationUnavailableError } from './access-token.ts'

/** Asks when there is a place, and gives up where the signal says so before. */
export type InTurn = <Answer>(ask: () => Promise<Answer>, signal: AbortSignal) => Promise<Answer>

/**
 * Has no more than so many questions under way: strangers can send any number of tokens that nobody knows. Of the others,
 * who came last is asked about first: it has the most time left, and where there are too many, the first to have come would
 * be asked about only to be given up.
 */
export function createTurns(places: number): InTurn {
  const waiting: (() => void)[] = []
  let free = places
  const wait = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const giveUp = (): void => {
        waiting.splice(waiting.indexOf(begin), 1)
        const message = 'too many tokens were asked about for one more: see maxConcurrency'
        reject(new VerificationUnavailableError(message, { cause: signal.reason }))
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
  return async (ask, signal) => {
    if (free >= 1) free -= 1
    else await wait(signal)
    try {
      return await ask()
    } finally {
      // By then its connection is free: at once, the next question would open another.
      setImmediate(leave)
    }
  }
}
