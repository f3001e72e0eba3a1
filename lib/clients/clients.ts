import type { EventEmitter } from 'node:events'
import type { SubjectType } from '../pleo/subject.ts'
import type { CreatedClient, RegisteredClient } from './registered-client.ts'
import type { ClientMetadata } from './members.ts'

/** The metadata of a client to register: the server makes id and secret. */
export type NewClientMetadata = Omit<ClientMetadata, 'client_id' | 'client_secret'>

/** Changes of a client. `null` or an empty text takes a member away. */
export type ClientChanges = {
  readonly [Name in keyof NewClientMetadata]?: NewClientMetadata[Name] | null
}

/**
 * The registered clients. Those given with the options are not among them. A change counts at once in the process that makes it,
 * and within a second in every other.
 */
export interface Clients extends RegistrationTokens {
  /**
   * Registers a client. Only this answer has the secret of a confidential one.
   *
   * @throws {@link ClientMetadataError} with every mistake
   * @see {@link https://www.rfc-editor.org/rfc/rfc7591.html#section-2 RFC 7591, Section 2}
   */
  create(metadata: NewClientMetadata): Promise<CreatedClient>

  /** Returns the client of that id, without its secrets; `undefined` if no such client is registered. */
  find(clientId: string): Promise<RegisteredClient | undefined>

  /** Returns all registered clients, from the oldest to the newest. */
  list(): Promise<readonly RegisteredClient[]>

  /**
   * Returns the clients that claim no name ({@link RegisteredClient.claimsNames}) and have one that looks like a name of this client.
   * Reads all clients. Ask for it when a client gets its name to itself: when you create it, verify it or change its name.
   *
   * @throws {@link UnknownClientError}
   */
  findLookAlikes(clientId: string): Promise<readonly RegisteredClient[]>

  /**
   * Changes what a client is registered with. A member that is left out stays, and so do all grants. From then on the client can only
   * ask for what it is registered for, also in requests that people are deciding on. Without changes, it is stored again.
   *
   * If a scope is taken away, the next refresh does not issue it; an access token that has it keeps it until then, or until
   * its end. If no scope is left, a refresh or a code is refused with `invalid_scope` and not used up: it works again when the client
   * gets the scope back.
   *
   * @throws {@link ClientMetadataError} with every mistake, also if the client would become public or confidential,
   * and with the code `client_changed` if it is not what was `seen`: then nothing is changed;
   * {@link UnknownClientError}
   */
  update(
    clientId: string,
    changes: ClientChanges,
    options?: UpdateOptions,
  ): Promise<RegisteredClient>

  /**
   * Makes another secret for a confidential client. The secret before it goes on working until its end. Of two, the one that was
   * used last goes on (the older one if no use was noted), and the other ends at once: a secret that was lost and never used
   * does not push out the one in use. An end that was given before is not made later.
   *
   * @throws {@link ClientMetadataError} if the client is public; {@link UnknownClientError}; RangeError if
   * `oldEndsIn` is not a number of seconds up to 365 days
   */
  rotateSecret(clientId: string, options?: RotationOptions): Promise<CreatedClient>

  /**
   * Ends every secret of a client but the newest, at once.
   *
   * @throws {@link ClientMetadataError} with the code `secrets_changed` if the client has other secrets than `ids`: then nothing is
   * changed; {@link UnknownClientError}
   */
  endOldSecrets(clientId: string, options?: EndOldSecretsOptions): Promise<RegisteredClient>

  /**
   * Stops a client until it is resumed: it cannot ask for anything, and its tokens are not active. Its grants stay.
   *
   * @throws {@link UnknownClientError}
   */
  suspend(clientId: string): Promise<RegisteredClient>

  /**
   * Resumes a suspended client. Its tokens that did not expire meanwhile are active again.
   *
   * @throws {@link UnknownClientError}
   */
  resume(clientId: string): Promise<RegisteredClient>

  /**
   * Ends a client with everything it was granted, for ever. Each grant gets its event, with the reason
   * `client_removed`. Takes a good second, to end also the grants that other processes made meanwhile. Resolves to true
   * for the one caller who removed it. If the storage throws, call it again.
   *
   * @throws {@link ClientResumedError} if somebody resumed it meanwhile
   */
  remove(clientId: string): Promise<boolean>

  /**
   * Makes a token with which a partner registers one client over HTTP, if the option `registration` is on. Only its
   * hash is kept.
   *
   * @throws RangeError if `lifetime` is not a number of seconds up to 365 days
   * @throws TypeError if `scopes` or `subjectTypes` is empty, or names one that does not exist, or if there is another member
   * @see {@link https://www.rfc-editor.org/rfc/rfc7591.html#section-3 RFC 7591, Section 3}
   */
  createInitialAccessToken(options?: InitialAccessTokenOptions): Promise<InitialAccessToken>

  /** Ends an initial access token that was not used. Resolves to true for the one caller who ended it. */
  endInitialAccessToken(token: string): Promise<boolean>
}

/** The options of {@link Clients.update}. */
export interface UpdateOptions {
  /**
   * The metadata of the client when you decided on the change, as `find` returned it. A client that manages itself may have another
   * name by now: do not mark as `verified` what nobody looked at. @defaultValue whatever it is
   */
  readonly seen?: ClientMetadata
}

/** The options of an initial access token. */
export interface InitialAccessTokenOptions {
  /** Seconds until it ends, from 1 to 31536000 (365 days). @defaultValue 604800 (7 days) */
  readonly lifetime?: number
  /**
   * The scopes that the client can have at most, also later by its own changes. They replace those of the option
   * `registration`. Each must be one of the resource server's.
   *
   * @defaultValue `scopes` of the option `registration`
   */
  readonly scopes?: readonly string[]
  /** The kinds of subject that it can ask for, also later. @defaultValue `subjectTypes` of the option `registration` */
  readonly subjectTypes?: readonly SubjectType[]
}

/** A token to register one client with. */
export interface InitialAccessToken {
  /** Shown this once. */
  readonly token: string
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

/** When the old secret ends. */
export interface RotationOptions {
  /** Ends it at once, because somebody else may know it. @defaultValue `false` */
  readonly now?: boolean
  /** Seconds until then, from 0 to 31536000 (365 days). If the old secret has an earlier end, it keeps that. @defaultValue 604800 (7 days) */
  readonly oldEndsIn?: number
}

/** The options of {@link Clients.endOldSecrets}. */
export interface EndOldSecretsOptions {
  /**
   * The ids of all secrets when you decided to end the old ones, newest first, as `find` returned them: after another
   * rotation, that may not be safe any more. @defaultValue whichever there are
   */
  readonly ids?: readonly string[]
}

/** A client that registered itself changed what it is registered with. */
export interface ClientChangedItself {
  readonly clientId: string
  /** The members that changed, by their RFC 7591 names. */
  readonly members: readonly string[]
}

/** The events of clients, in the process that made the change. */
export interface ClientEvents {
  /** A client changed itself over HTTP, with its registration access token. */
  'client.changed_itself': [event: ClientChangedItself]
}

/** The tokens with which clients manage themselves. */
export interface RegistrationTokens {
  readonly events: EventEmitter<ClientEvents>
  /**
   * Makes another registration access token for a client that registered itself. The one before stops at once, on every process.
   *
   * @throws {@link ClientMetadataError} if the client did not register itself; {@link UnknownClientError}
   * @see {@link https://www.rfc-editor.org/rfc/rfc7592.html#section-3 RFC 7592, Section 3}
   */
  rotateRegistrationToken(clientId: string): Promise<RegistrationToken>
  /**
   * Ends the registration access token of a client, at once and on every process: it cannot manage itself until
   * {@link rotateRegistrationToken} makes another one.
   *
   * @throws {@link ClientMetadataError} if the client did not register itself; {@link UnknownClientError}
   */
  endRegistrationToken(clientId: string): Promise<RegisteredClient>
}

/** A client with its new registration access token. */
export interface RegistrationToken {
  readonly client: RegisteredClient
  /** Shown this once: only its hash is kept. */
  readonly token: string
}
