import type { AuthorizationServerOptions } from '../../lib/index.ts'
import type { RawAnswer } from './requests.ts'
import { startServer, type RunningServer } from './server.ts'

/** A server whose requests that its framework sees are counted, and whose events are noted. */
export interface ComparedServer {
  readonly server: RunningServer
  /** Requests that the framework saw. */
  framework: number
  /** Events of errors of the provider, with what listeners can read. */
  readonly events: string[]
}

const errorEvents = ['grant.error', 'introspection.error', 'revocation.error', 'server_error']

interface Heard {
  readonly message: string
  readonly error_description?: string
  readonly error_detail?: string
}

/** Starts a server to compare with another. */
export async function startCompared(
  options: Partial<AuthorizationServerOptions>,
): Promise<ComparedServer> {
  const server = await startServer(options)
  const { provider } = server
  const compared: ComparedServer = { server, framework: 0, events: [] }
  const { OIDCContext } = provider
  Object.defineProperty(provider, 'OIDCContext', {
    get() {
      compared.framework += 1
      return OIDCContext
    },
  })
  for (const name of errorEvents) {
    provider.on(name as 'server_error', ({ oidc }, error: Heard) => {
      const { message, error_description: description, error_detail: detail } = error
      const entities = Object.entries(oidc?.entities ?? {})
      const seen = entities.map(([kind, entity]) => `${kind} ${JSON.stringify(entity)}`)
      compared.events.push([`${name} ${message}`, description, detail, ...seen].join(' | '))
    })
  }
  return compared
}

/** Returns an answer without its time and its id. */
export function comparable(answer: RawAnswer): RawAnswer {
  const { date: _, 'x-request-id': __, ...headers } = answer.headers
  return { ...answer, headers }
}
