/** What the environment says of where and how to listen. */
export interface Settings {
  readonly port: number
  readonly host: string
  /** For how many seconds a connection may be idle. */
  readonly keepAlive: number
}

export const settingNames = ['PORT', 'HOST', 'KEEP_ALIVE_TIMEOUT'] as const

// All of them are reached as localhost, as the URLs of the backend are.
const hosts = ['localhost', '127.0.0.1', '::1', '0.0.0.0', '::']

/** Reads the settings, or a line for each mistake; an empty variable counts as unset. */
export function readSettings(
  environment: Readonly<Record<string, string | undefined>>,
): Settings | readonly string[] {
  // Not 3000, where the other example is: it may run beside this one.
  const port = environment['PORT'] || '3100'
  const host = environment['HOST'] || 'localhost'
  // Longer than load balancers keep an idle connection, which is 60 seconds for most.
  const keepAlive = environment['KEEP_ALIVE_TIMEOUT'] || '65'
  const problems: string[] = []
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
    // Orchestrators set variables like this one to an address (tcp://10.0.0.1:3100) for services that they know.
    const from = port.includes('://') ? ', and is an address, as Kubernetes or Docker set it' : ''
    problems.push(`PORT must be a whole number from 0 to 65535 (0 takes a free port)${from}`)
  }
  if (!hosts.includes(host)) problems.push(`HOST must be one of ${hosts.join(', ')}`)
  if (!/^[1-9]\d{0,3}$/.test(keepAlive))
    problems.push('KEEP_ALIVE_TIMEOUT must be a whole number of seconds from 1 to 9999')
  if (problems.length > 0) return problems
  return { port: Number(port), host, keepAlive: Number(keepAlive) }
}
