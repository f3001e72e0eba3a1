import { EventEmitter } from 'node:events'
import { inspect } from 'node:util'
import type { StoredGrant, StoredPayload } from '../storage.ts'

/** Who or what ended a grant. */
export type RevocationReason =
  /** A person, on the page of connections. */
  | 'person'
  /** The client, at the revocation endpoint. */
  | 'partner'
  /** The host: `connections.revoke`, or `accounts.mayContinue`. */
  | 'administrator'
  /** A code or refresh token that was used before came again. */
  | 'replay'
  /** The client itself is there no more. */
  | 'client_removed'

/** An event of a grant. */
export interface ConnectionEvent {
  readonly grantId: string
  readonly clientId: string
  /** URN of the company or organization it is for. */
  readonly subject: string
  /** The person who granted it. */
  readonly accountId: string
  readonly scopes: readonly string[]
}

/** A refresh that was repeated. */
export interface RefreshRepeated extends ConnectionEvent {
  /** How long ago the refresh token was first used, in seconds, by the clock of the storage. */
  readonly secondsSinceFirstUse: number
}

/** The end of a grant. */
export interface ConnectionRevoked extends ConnectionEvent {
  readonly reason: RevocationReason
  /** The person who ended it, if a person did. */
  readonly by?: string
}

/**
 * The events that a host hears. Each comes once, from the process that made the change. There is none for a grant
 * that expires, and none if the process dies before it can tell.
 */
export interface ConnectionEvents {
  /** A client redeemed the code of a grant: the connection is there. */
  'connection.created': [event: ConnectionEvent]
  /** A refresh; not when it is repeated. */
  'connection.refreshed': [event: ConnectionEvent]
  /**
   * A used refresh token came again within the time that a refresh may be repeated, and got the same refresh token. For
   * a client that shares one token among workers this is ordinary; for one that does not, it may be a thief.
   */
  'connection.refresh_repeated': [event: RefreshRepeated]
  /** It ended before its time. */
  'connection.revoked': [event: ConnectionRevoked]
}

/** An access token, or one of a client without a person, that its client revoked. The connection goes on. */
export interface RevokedToken {
  readonly clientId: string
  /** Absent for a token without a person. */
  readonly grantId?: string
  readonly subject?: string
}

/** Tells the host. A listener that throws stops nothing else. */
export interface ConnectionTeller {
  readonly events: EventEmitter<ConnectionEvents>
  created(grant: StoredGrant): void
  refreshed(grant: StoredGrant): void
  repeated(grant: StoredGrant, secondsSinceFirstUse: number): void
  revoked(grant: StoredGrant, reason: RevocationReason, by?: string): void
  /** Not an event of connections. */
  tokenRevoked(which: RevokedToken): void
}

/** Makes what tells the host. */
export function createConnectionTeller(): ConnectionTeller {
  const events = new EventEmitter<ConnectionEvents>()
  return {
    events,
    created: (grant) => callListeners(() => events.emit('connection.created', toEvent(grant))),
    refreshed: (grant) => callListeners(() => events.emit('connection.refreshed', toEvent(grant))),
    repeated: (grant, secondsSinceFirstUse) =>
      callListeners(() =>
        events.emit('connection.refresh_repeated', { ...toEvent(grant), secondsSinceFirstUse }),
      ),
    revoked: (grant, reason, by) =>
      callListeners(() =>
        events.emit('connection.revoked', {
          ...toEvent(grant),
          reason,
          ...(by !== undefined && { by }),
        }),
      ),
    tokenRevoked: () => undefined,
  }
}

/** A stored grant, as the host is told of it. */
export function toEvent({ grantId, payload }: StoredGrant): ConnectionEvent {
  const { clientId = '', subject = '', accountId } = payload
  return { grantId, clientId, subject, accountId: String(accountId), scopes: scopesOf(payload) }
}

function scopesOf({ openid }: StoredPayload): readonly string[] {
  const { scope } = (openid ?? {}) as { readonly scope?: string }
  return scope?.split(' ') ?? []
}

/** Calls listeners of a host. If one throws, the process warns of it, and the work goes on. */
export function callListeners(tell: () => void): void {
  try {
    tell()
  } catch (error) {
    warnOf(error)
  }
}

/** Warns of what a listener threw. Not everything that can be thrown can be made a string. */
export function warnOf(error: unknown): void {
  process.emitWarning(error instanceof Error || typeof error === 'string' ? error : inspect(error))
}
