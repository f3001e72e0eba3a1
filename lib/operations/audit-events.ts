import type { ConsentedTerms } from '../consent/interaction.ts'
import type { ConnectionEvent } from '../grants/events.ts'

/** Who did something. A host that calls the server for a person says so with `reason: 'person'`. */
export type AuditActor =
  /** The person at the browser. Without an id, nobody was signed in. */
  | { readonly kind: 'person'; readonly accountId?: string }
  /** The client. It has authenticated, unless it is public. Without an id, it is about to register itself. */
  | { readonly kind: 'client'; readonly clientId?: string }
  /** The host's own code or an operator; `name` is there if somebody gave one ({@link Audit.as}). */
  | ({ readonly kind: 'operator' } & AuditOperator)
  /** The process that starts. */
  | { readonly kind: 'system' }

/** An operator, and the way in. */
export interface AuditOperator {
  readonly how: 'api' | 'command line'
  readonly name?: string
}

/** Members that every event has. */
interface AuditedAlways {
  /** When it was told, in milliseconds since the epoch. */
  readonly time: number
  readonly actor: AuditActor
  /** The address of the request, as `trustedProxies` says; of IPv6, the network (/64). Absent outside a request. */
  readonly address?: string
  /** The id of the request (`X-Request-Id`). Absent outside a request. */
  readonly requestId?: string
}

interface AuditedClient {
  readonly clientId: string
}

/** The client of the authorization request. Absent if the person signs in without one. */
type AuditedRequest = Partial<AuditedClient>

/** The names of the members of the metadata that changed (RFC 7591). */
interface ChangedMembers extends AuditedClient {
  readonly members: readonly string[]
}

/** The members of each type of event beside those that all have. */
export interface AuditFacts {
  /** A person signed in: on the page of this server, or, at the start of a request, as the person whom the host knows. */
  'person.signed_in': AuditedRequest & { readonly accountId: string; readonly at: 'page' | 'host' }
  /**
   * Name and password did not match. `account` is the name that was typed, if it is an email address: people type passwords into the
   * wrong field.
   */
  'person.sign_in_refused': AuditedRequest & {
    readonly reason: 'mismatch'
    readonly account?: string
  }
  /** A person allowed access. No code was issued yet. */
  'consent.given': ConnectionEvent & {
    /** The terms that the page showed. `scopes` are those of it that the person allowed. */
    readonly shown: ConsentedTerms
  }
  /** A person said no, on the page for the consent or on one before it. */
  'consent.declined': AuditedClient & { readonly accountId?: string }
  /** A client redeemed a code: the connection is there. */
  'code.redeemed': ConnectionEvent
  'token.refreshed': ConnectionEvent
  /** A used refresh token came again in time, and got the same tokens. */
  'token.refresh_repeated': ConnectionEvent & { readonly secondsSinceFirstUse: number }
  /** A used code or refresh token came again too late: the connection ended. */
  'token.replayed': ConnectionEvent & { readonly reason: 'replay' }
  /** A client ended one access token. Its connection goes on. A token of the client itself has no grant. */
  'token.revoked': AuditedClient & { readonly grantId?: string; readonly subject?: string }
  /** A client ended its connection. */
  'connection.revoked': ConnectionEvent & { readonly reason: 'partner' }
  /** Somebody else did. */
  'connection.disconnected': ConnectionEvent & {
    readonly reason: 'person' | 'administrator' | 'client_removed'
  }
  'client.created': AuditedClient & { readonly name?: string; readonly isVerified: boolean }
  'client.changed': ChangedMembers
  /** The same, and now it is marked as verified. */
  'client.verified': ChangedMembers
  'client.suspended': AuditedClient
  'client.resumed': AuditedClient
  /** Its connections ended first, each with its event. */
  'client.removed': AuditedClient
  /** When the secret before it ends, in milliseconds since the epoch. Absent if it has ended. */
  'client.secret_rotated': AuditedClient & { readonly oldEndsAt?: number }
  'client.old_secrets_ended': AuditedClient
  'client.registration_token_rotated': AuditedClient
  'client.registration_token_ended': AuditedClient
  'initial_access_token.created': {
    readonly expiresAt: number
    readonly scopes?: readonly string[]
    readonly subjectTypes?: readonly string[]
  }
  /** A client used it to register itself: `client.created` with the same `requestId` comes next. */
  'initial_access_token.used': unknown
  'initial_access_token.ended': unknown
  /** `keyId` is that of the new key. */
  'signing_key.rotated': { readonly keyId: string; readonly isImmediate: boolean }
  /** `account` is the name that was typed to sign in, if it is an email address. */
  'limit.hit': AuditedRequest & { readonly limit: string; readonly account?: string }
  /** The options differ from those of the start before: their names. */
  'configuration.changed': { readonly options: readonly string[] }
}

/** Something that an auditor asks about. `type` says which. It never has a token, a code, a secret, a cookie or a password. */
export type AuditEvent = {
  readonly [Type in keyof AuditFacts]: AuditedAlways & { readonly type: Type } & AuditFacts[Type]
}[keyof AuditFacts]
