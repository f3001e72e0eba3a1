/** The backend's own logger: a line of JSON for everything that happens. */
export interface Logger {
  info(event: string, members?: object): void
  error(event: string, error: unknown): void
}

export function createLogger(write: (line: string) => void): Logger {
  const log = (level: string, event: string, members: object): void => {
    const common = { time: new Date().toISOString(), level, event }
    // Members may have a time of their own, as a number: all lines have one form of it.
    write(JSON.stringify({ ...common, ...members, ...common }))
  }
  return {
    info: (event, members = {}) => log('info', event, members),
    error(event, error) {
      const { name, message, cause } = error instanceof Error ? error : new Error(String(error))
      const reason = cause instanceof Error ? cause.message : undefined
      log('error', event, { name, message, reason })
    },
  }
}
