import type { Clients } from '../clients/clients.ts'
import type { SigningKeys } from '../keys/signing-keys.ts'
import { byApi } from './audited.ts'
import type { AuditRecorder } from './audit.ts'

/** The doors of an operator. */
interface Doors {
  readonly clients: Clients
  readonly connections: object
  readonly signingKeys: SigningKeys
}

/** Records what operators do. Each call waits for the listeners. */
export function auditOperator<T extends Doors>(doors: T, audit: AuditRecorder): T {
  const { clients, connections, signingKeys } = doors
  return {
    ...doors,
    connections: waiting(connections, audit),
    clients: waiting<Clients>(
      {
        ...clients,
        async createInitialAccessToken(options = {}) {
          const made = await clients.createInitialAccessToken(options)
          const { lifetime: _, ...limits } = options
          audit.record(
            'initial_access_token.created',
            { ...limits, expiresAt: made.expiresAt },
            byApi,
          )
          return made
        },
        async endInitialAccessToken(token) {
          const isEnded = await clients.endInitialAccessToken(token)
          if (isEnded) audit.record('initial_access_token.ended', {}, byApi)
          return isEnded
        },
      },
      audit,
    ),
    signingKeys: waiting<SigningKeys>(
      {
        ...signingKeys,
        async rotate(options) {
          const keys = await signingKeys.rotate(options)
          const facts = { keyId: keys.at(-1)?.kid ?? '', isImmediate: options?.now === true }
          audit.record('signing_key.rotated', facts, byApi)
          return keys
        },
      },
      audit,
    ),
  }
}

type Method = (...args: readonly unknown[]) => unknown

/** The same object, whose methods wait for the listeners. */
const waiting = <T extends object>(door: T, audit: AuditRecorder): T =>
  Object.fromEntries(
    Object.entries(door).map(([name, member]: readonly [string, unknown]) => [
      name,
      typeof member === 'function'
        ? (...args: readonly unknown[]) => audit.during(() => (member as Method)(...args))
        : member,
    ]),
  ) as T
