import type { AuthorizationServer } from 'pleo-oauth-server'
import { destination, pino } from 'pino'
import { printProblem } from './print.ts'
import { StartError } from './start-error.ts'

/**
 * Writes each audit event as one line of JSON, before the request is answered. Begins with the change of the configuration since the
 * last start, if there is one.
 *
 * @param place - the path of a file that is appended to, or `-` for stdout
 * @throws {@link StartError} if the file cannot be written
 */
export async function writeAuditLog(server: AuthorizationServer, place: string): Promise<void> {
  const out = open(place)
  // The events have their own time.
  const log = pino(
    { base: null, timestamp: false, formatters: { level: (level) => ({ level }) } },
    out,
  )
  server.audit.on((event) => log.info(event))
  await server.check().catch((error: unknown) => {
    printProblem(
      `the audit log does not know whether the configuration has changed: ${String(error)}`,
    )
  })
}

function open(place: string): ReturnType<typeof destination> {
  if (place === '-') return destination({ dest: process.stdout.fd, sync: true })
  try {
    // Nobody else may read who did what.
    return destination({ dest: place, sync: true, mode: 0o600 })
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException
    throw new StartError(`AUDIT_LOG ${place} cannot be written: ${code}`)
  }
}
