import { VerificationUnavailableError } from './access-token.ts'

/** Asks when there is a place. The signal says that it takes too long, with the time until then. */
export type InTurn = <Answer>(ask: (signal: AbortSignal) => Promise<Answer>) => Promise<Answer>

/**
 * Has no more than so many questions under way: strangers can send any number of tokens that nobody knows. Of the others,
 * who came last is asked about first: it has the most time left, and where there are too many, the first to have come would
 * be asked about only to be given up.
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
