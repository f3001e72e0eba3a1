/** Milliseconds between two warnings: a stranger who repeats a request must not fill the log. */
const pause = 3_600_000

/**
 * Creates a function that emits one warning of the process at most once an hour. Node prints the warning with its code,
 * unless the host listens to `warning`.
 *
 * @param name - the `name` of the warning
 */
export function createWarner(
  name: string,
  code: string,
): (message: string, members?: object) => void {
  let warnedAt = -Infinity
  return (message, members) => {
    const now = Date.now()
    // A clock that was set right may be far before the last warning.
    if (Math.abs(now - warnedAt) < pause) return
    warnedAt = now
    process.emitWarning(Object.assign(new Error(message), { name, code, ...members }))
  }
}

/** Quotes and shortens a value of a stranger, for a log. */
export const toShown = (text: string): string => JSON.stringify(text.slice(0, 100))
