/**
 * A warning of the process (`process.on('warning', …)`) about the API itself. Each verifier and each `bearer()` emits
 * a code at most once an hour. Node prints the warning unless the application listens.
 */
export interface ResourceServerWarning extends Error {
  readonly name: 'ResourceServerWarning'
  /**
   * `other_audience`: a good access token was refused because it is for another API. `clock_difference`: the clock of
   * this API differs from the clock of the authorization server.
   */
  readonly code: 'other_audience' | 'clock_difference'
  /**
   * With `clock_difference` only: how far the clock of this API is ahead, in seconds. The number is negative if the clock
   * is behind.
   */
  readonly seconds?: number
}

/** Milliseconds between two warnings: a stranger who repeats a request must not fill the log. */
const pause = 3_600_000

type Warn = (message: string, seconds?: number) => void

/** Creates a function that emits this warning at most once an hour. */
export function createWarner(code: ResourceServerWarning['code']): Warn {
  let warnedAt = -Infinity
  return (message, seconds) => {
    const now = Date.now()
    // A clock that was set right may be far before the last warning.
    if (Math.abs(now - warnedAt) < pause) return
    warnedAt = now
    const name = 'ResourceServerWarning'
    const warning: ResourceServerWarning = Object.assign(new Error(message), {
      name,
      code,
      ...(seconds !== undefined && { seconds }),
    } as const)
    process.emitWarning(warning)
  }
}
