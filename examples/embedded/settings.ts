/** What the environment says of where and how to listen. */
export interface Settings {
  readonly port: number
  readonly host: string
}

// All of them are reached as localhost, as the URLs of the backend are.
const hosts = ['localhost', '127.0.0.1', '::1', '0.0.0.0', '::']

/** Reads the settings, or a line for each mistake; an empty variable counts as unset. */
export function readSettings(
  environment: Readonly<Record<string, string | undefined>>,
): Settings | readonly string[] {
  // Not 3000, where the other example is: it may run beside this one.
  const port = environment['PORT'] || '3100'
  const host = environment['HOST'] || 'localhost'
  const problems: string[] = []
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
    // Orchestrators set variables like this one to an address (tcp://10.0.0.1:3100) for services that they know.
    const from = port.includes('://') ? ', and is an address, as Kubernetes or Docker set it' : ''
    problems.push(`PORT must be a whole number from 0 to 65535 (0 takes a free port)${from}`)
  }
  if (!hosts.includes(host)) problems.push(`HOST must be one of ${hosts.join(', ')}`)
  return problems.length > 0 ? problems : { port: Number(port), host }
}
