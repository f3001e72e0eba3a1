import { logoProblems, type LogoProblem } from '../../clients/logo-uris.ts'

/**
 * A warning of the process (`process.on('warning', …)`) that pages show the initials of a client in place of its logo. Each
 * process emits it once for each client, URI and reason. Node prints the warning unless the application listens.
 */
export interface LogoWarning extends Error {
  readonly name: 'ClientWarning'
  readonly code: 'logo_unavailable'
  readonly clientId: string
  readonly logoUri: string
  readonly reason: LogoProblem
}

/** How many problems are remembered. The oldest of more is told again if it comes again. */
const maxTold = 10_000

/** Creates the function that emits a {@link LogoWarning}. */
export function createLogoTeller(): (
  problem: Pick<LogoWarning, 'clientId' | 'logoUri' | 'reason'>,
) => void {
  const told = new Set<string>()
  return ({ clientId, logoUri, reason }) => {
    const key = JSON.stringify([clientId, logoUri, reason])
    if (told.has(key)) return
    told.add(key)
    const [oldest = ''] = told
    if (told.size > maxTold) told.delete(oldest)
    const shown = [clientId, logoUri].map((text) => JSON.stringify(text.slice(0, 200)))
    const message = `pages do not show the logo of client ${shown.join(', ')}: ${logoProblems[reason]} (${reason})`
    const warning: LogoWarning = Object.assign(new Error(message), {
      name: 'ClientWarning' as const,
      code: 'logo_unavailable' as const,
      clientId,
      logoUri,
      reason,
    })
    process.emitWarning(warning)
  }
}
