/** Within so many milliseconds, a second signal is the same one: a terminal sends Ctrl+C to all processes, and npm passes it on. */
const sameSignal = 500

/** Closes everything and ends the process, with 0, at SIGTERM or Ctrl+C. A second signal ends it at once. */
export function endOnSignal(close: () => Promise<void>): void {
  let since: number | undefined
  const end = (): void => {
    if (since === undefined) {
      since = performance.now()
      void close().then(() => process.exit(0))
    } else if (performance.now() - since > sameSignal) process.exit(1)
  }
  process.on('SIGINT', end)
  process.on('SIGTERM', end)
}
