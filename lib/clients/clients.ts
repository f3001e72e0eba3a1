import type { SubjectType } from '../pleo/subject.ts'
import type { ClientMetadata } from './metadata.ts'
import type { RegistrationTokens } from './registration-tokens.ts'

/** What a client is registered with: id and secret are made here. */
export type NewClientMetadata = Omit<ClientMetadata, 'client_id' | 'client_secret'>

/** Changes of a client. `null` or an empty text takes a member away. */
export type ClientChanges = {
  readonly [Name in keyof NewClientMetadata]?: NewClientMetadata[Name] | null
}

/**
 * The clients that are registered, beside those given with the options: these are not among them. A change counts at once
 * in the process that makes it, and within a second in every other.
 */
export interface Clients extends RegistrationTokens {
  /**
   * Registers a client. A confidential one gets a secret, which is in this answer and nowhere else.
   *
   * @throws {@link ClientMetadataError} with all that is wrong
   * @see {@link https://www.rfc-editor.org/rfc/rfc7591.html#section-2 RFC 7591, Section 2}
   */
  create(metadata: NewClientMetadata): Promise<CreatedClient>

  /** The client of that id, without its secrets; `undefined` where none is registered. */
  find(clientId: string): Promise<RegisteredClient | undefined>

  /** All registered clients, from the oldest to the newest. */
  list(): Promise<readonly RegisteredClient[]>

  /**
   * The clients that claim no name ({@link RegisteredClient.claimsNames}) and have one that looks like a name of this client.
   * Reads all clients. Ask for it when a client gets its name to itself: when you create it, verify it or change its name.
   *
   * @throws {@link UnknownClientError}
   */
  findLookAlikes(clientId: string): Promise<readonly RegisteredClient[]>

  /**
   * Changes what a client is registered with. What is left out stays; who is granted what stays, too, but the client
   * can only ask for what it is registered for from then on, also in requests that people are deciding on. With no
   * changes it is stored again, as is needed while storage keys rotate.
   *
   * A scope that is taken away is not in what the next refresh issues; an access token that has it keeps it until then, or until
   * its end. Where nothing is left, a refresh or a code is refused with `invalid_scope` and not used up: with the
   * scope given back, it works again.
   *
   * @throws {@link ClientMetadataError} with all that is wrong, also where the client would become public or confidential,
   * and with the code `client_changed` where it is not what was `seen`: nothing is changed then;
   * {@link UnknownClientError}
   */
  update(
    clientId: string,
    changes: ClientChanges,
    options?: UpdateOptions,
  ): Promise<RegisteredClient>

  /**
   * Makes another secret for a confidential client. The one before it goes on working until its end; of two, the one that was
   * used last does (the older one where no use was noted), and the other ends at once: a secret that was lost and never used
   * does not push out the one in use. An end that was given before is not made later.
   *
   * @throws {@link ClientMetadataError} where the client is public; {@link UnknownClientError}; RangeError if
   * `oldEndsIn` is not a number of seconds up to 365 days
   */
  rotateSecret(clientId: string, options?: RotationOptions): Promise<CreatedClient>

  /**
   * Ends every secret of a client but the newest, at once.
   *
   * @throws {@link ClientMetadataError} with the code `secrets_changed` where the client has other secrets than `ids`: nothing is
   * changed then; {@link UnknownClientError}
   */
  endOldSecrets(clientId: string, options?: EndOldSecretsOptions): Promise<RegisteredClient>

  /**
   * Takes everything from a client until it is resumed: it cannot ask for anything, and its tokens are not active. What
   * people granted stays.
   *
   * @throws {@link UnknownClientError}
   */
  suspend(clientId: string): Promise<RegisteredClient>

  /**
   * Gives a suspended client everything back, with the tokens that did not expire meanwhile.
   *
   * @throws {@link UnknownClientError}
   */
  resume(clientId: string): Promise<RegisteredClient>

  /**
   * Ends a client with everything it was granted, for ever. Each grant gets its event, with the reason
   * `client_removed`. Takes a good second, to end as well what other processes granted it meanwhile. Resolves to true
   * for the one caller who did it; whatever the storage throws: call it again, then.
   *
   * @throws {@link ClientResumedError} where somebody resumed it meanwhile
   */
  remove(clientId: string): Promise<boolean>

  /**
   * Makes a token with which a partner registers one client over HTTP, where the option `registration` is on. Only its
   * hash is kept.
   *
   * @throws RangeError if `lifetime` is not a number of seconds up to 365 days
   * @throws TypeError if `scopes` or `subjectTypes` is empty, or names what does not exist, or if there is another member
   * @see {@link https://www.rfc-editor.org/rfc/rfc7591.html#section-3 RFC 7591, Section 3}
   */
  createInitialAccessToken(options?: InitialAccessTokenOptions): Promise<InitialAccessToken>

  /** Ends an initial access token that was not used. Resolves to true for the one caller who did it. */
  endInitialAccessToken(token: string): Promise<boolean>
}

/** What whoever changes a client has seen. */
export interface UpdateOptions {
  /**
   * What the client was registered with when the change was decided on, as `find` had it. A client that manages itself may be
   * called something else by now: what nobody looked at must not be marked as `verified`. @defaultValue whatever it is
   */
  readonly seen?: ClientMetadata
}

/** What an initial access token is like. */
export interface InitialAccessTokenOptions {
  /** Seconds until it ends, from 1 to 31536000 (365 days). @defaultValue 604800 (7 days) */
  readonly lifetime?: number
  /**
   * The scopes that the client can have at most, also later by its own changes. They count in place of those of the option
   * `registration`. Each must be one of the resource server's.
   *
   * @defaultValue `scopes` of the option `registration`
   */
  readonly scopes?: readonly string[]
  /**
   * The kinds of subject that it can ask for, also later.
   *
   * @defaultValue `subjectTypes` of the option `registration`
   */
  readonly subjectTypes?: readonly SubjectType[]
}

/** A token to register one client with. */
export interface InitialAccessToken {
  /** Shown this once. */
  readonly token: string
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

/** When the secret before ends. */
export interface RotationOptions {
  /** At once: it got into the wrong hands. @defaultValue `false` */
  readonly now?: boolean
  /** In so many seconds, from 0 to 31536000 (365 days), or at the end that it has where that is before. @defaultValue 604800 (7 days) */
  readonly oldEndsIn?: number
}

/** What whoever ends secrets has seen. */
export interface EndOldSecretsOptions {
  /**
   * The ids of all secrets as `find` had them when it was decided to end the old ones, newest first: whether that is safe may
   * be another thing after a rotation by somebody else. @defaultValue whichever there are
   */
  readonly ids?: readonly string[]
}

/** A client with its new secret. */
export interface CreatedClient {
  readonly client: RegisteredClient
  /** Shown this once: only its hash is kept. `undefined` for a public client. */
  readonly secret: string | undefined
}

/** A registered client. Times are milliseconds since the epoch. */
export interface RegisteredClient {
  readonly clientId: string
  /** What it is registered with, without secrets. */
  readonly metadata: ClientMetadata
  readonly createdAt: number
  readonly updatedAt: number
  readonly suspendedAt: number | undefined
  /** Whether it was registered over HTTP, by whoever provides it. */
  readonly isSelfRegistered: boolean
  /**
   * Whether no other client may have a name that looks like one of this client. `false` for a client that registered itself
   * without an initial access token and is not verified.
   */
  readonly claimsNames: boolean
  /** What is known of its secrets that live, newest first: two at most. */
  readonly secrets: readonly ClientSecretInfo[]
}

/** What is known of a secret. */
export interface ClientSecretInfo {
  readonly id: string
  readonly createdAt: number
  /** To about a minute. */
  readonly lastUsedAt: number | undefined
  readonly expiresAt: number | undefined
  /**
   * Whether it can be ended without a loss, as far as can be told: a newer one is in use, and this one was not used for
   * an hour, which is longer than a client that is at work goes without a new access token. Where no use of it was noted, the
   * hour counts from when the newer one was made.
   */
  readonly isSafeToEnd: boolean
}
