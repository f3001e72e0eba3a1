import { appendFileSync } from 'node:fs'
import { inspect } from 'node:util'
import type { AuthorizationServer } from '../../lib/index.ts'

// No secret that a server issues may be in anything that a host logs. Every answer is searched for secrets, everything that a
// server tells its host is kept, and after each test file the one is searched for the other.

interface Kept {
  readonly secrets: Set<string>
  readonly told: string[]
}

// Test files share processes, and modules are loaded anew for each.
const name: unique symbol = Symbol.for('secrets and logs of the tests')
const shared = globalThis as { [name]?: Kept }
shared[name] ??= { secrets: new Set(), told: [] }
const { secrets, told } = shared[name]

/** Shorter values may also be words. */
const shortest = 20

export function noteSecret(value: string | null | undefined): void {
  if (value && value.length >= shortest) secrets.add(value)
}

const members =
  /"(?:access_token|refresh_token|client_secret|registration_access_token|request_uri)":"([^"]+)"/g

/** Notes what a server issues in an answer: tokens, codes, secrets and cookies. */
export function noteAnswer(
  header: (name: 'location' | 'set-cookie') => readonly string[],
  text: string,
): void {
  for (const [, value] of text.matchAll(members)) noteSecret(value)
  for (const url of header('location')) noteSecret(/[?&#]code=([^&]+)/.exec(url)?.[1])
  for (const cookie of header('set-cookie')) noteSecret(/^[^=]+=([^;]*)/.exec(cookie)?.[1])
}

/** Keeps everything that a server tells its host, as a host would log it. */
export function keepTold({
  app,
  provider,
  audit,
  connections,
  clients,
}: AuthorizationServer): void {
  const keep = (...all: readonly unknown[]): void => {
    told.push(...all.map((one) => (one instanceof Error ? toLog(one) : inspect(one, { depth: 5 }))))
  }
  app.on('error', (error: unknown) => keep(error))
  app.on('error_page', keep)
  app.on('refused', keep)
  audit.on(keep)
  provider.on('server_error', (_ctx, error) => keep(error))
  for (const event of ['created', 'refreshed', 'refresh_repeated', 'revoked'] as const) {
    connections.events.on(`connection.${event}`, keep)
  }
  clients.events.on('client.changed_itself', keep)
}

const toLog = (error: Error): string =>
  [error.message, error.stack, inspect(error, { depth: 3 })].join('\n')

const keepWarning = (warning: Error): void => void told.push(toLog(warning))

/** To be called before a test file. */
export const keepWarnings = (): unknown => process.on('warning', keepWarning)

/**
 * Searches what was told in a test file for the secrets of that file.
 *
 * @throws Error with the lines that have one
 */
export function searchLogs(): void {
  process.off('warning', keepWarning)
  const log = told.splice(0).join('\n')
  const found = [...secrets].filter((secret) => log.includes(secret))
  // `.ci/run` searches the output of the whole suite for them.
  const file = process.env['ISSUED_SECRETS']
  if (file && secrets.size > 0) appendFileSync(file, [...secrets, ''].join('\n'))
  secrets.clear()
  if (found.length === 0) return
  const lines = log.split('\n').filter((line) => found.some((secret) => line.includes(secret)))
  throw new Error(`A secret was told to the host:\n${lines.slice(0, 3).join('\n')}`)
}
