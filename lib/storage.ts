/**
 * The storage port, which an adapter implements. `adapterContract` of `pleo-oauth-server/testing` tests an adapter against every
 * sentence of it.
 *
 * Every method is atomic on its own, from any number of processes. A rejected promise means "not
 * known", never "not there", and may come although the change was made. An adapter stores ids and payloads in a form that is
 * useless to a reader of the storage. Every id is a credential, except those of a grant, of a client, of the look of a client's name,
 * of the configuration and of the signing keys.
 */
export interface Storage {
  /** The records of one model; the same object at every call for one name. */
  records(model: RecordModel): RecordStorage

  /** Grants, with the codes and tokens that belong to them. */
  readonly grants: GrantStorage

  /**
   * Returns secrets for one purpose: newest first, at least one. Every process that shares this storage gets the same. Nobody can
   * read them in the storage.
   */
  deriveKeys(purpose: string): readonly Uint8Array[]

  /**
   * Calls back when a client was stored or removed through this storage, or by another process if the adapter
   * can hear of it.
   */
  onClientChange(listener: (clientId: string) => void): void

  /**
   * Creates a counter, for limits. All processes that share this storage share its counts. Absent: each process counts alone.
   */
  limiter?(rule: LimiterRule): Limiter

  /** Finds mistakes in the setup of the storage. Absent if there is nothing to check. */
  check?(): Promise<readonly StorageProblem[]>

  /**
   * Finds settings that lose something in a crash or a failover, and a clock that differs from that of this process. They keep no server
   * from starting: `pleo-oauth doctor` asks. Changes nothing. Absent if there is nothing to find.
   */
  diagnose?(): Promise<readonly StorageProblem[]>
}

/** A limit, as its counter knows it. */
export interface LimiterRule {
  /** Counters of two names share nothing. */
  readonly name: string
  /** How many are allowed. The caller compares; a counter may ignore it. */
  readonly count: number
  /** The length of a period, in whole seconds. */
  readonly seconds: number
}

/**
 * Counts by keys. A key is a keyed hash, which says nothing to a reader of the storage. Its period begins with its first count, and
 * at the end of the period nothing is left of it. A counter may forget counts early rather than grow without an end.
 */
export interface Limiter {
  /**
   * Counts one more, or so many, in one step: no two callers, in any processes, get the same count of a period.
   *
   * @param times - @defaultValue 1
   */
  count(key: string, times?: number): Promise<LimiterCount>
  /** Counts one less in the period that runs. */
  giveBack(key: string): Promise<void>
}

/** The count of a key. */
export interface LimiterCount {
  /** How many there are in this period, the new ones among them. */
  readonly count: number
  /** Milliseconds to the end of the period. */
  readonly endsIn: number
}

/** Remembers which DPoP proofs were used at an API. All processes of the API share it. */
export interface UsedProofs {
  /**
   * Notes that a proof is used, in one step. Resolves to whether it is for the first time. A rejected promise means that this
   * is not known: the request is refused with 503.
   */
  readonly use: (proof: UsedProof) => Promise<boolean>
}

/** A DPoP proof that is good, and came with a good access token. */
export interface UsedProof {
  /** The client that the access token was issued to. */
  readonly clientId: string
  /** A hash of the key and of the `jti` of the proof. */
  readonly id: string
  /** Seconds for which it must be remembered: no process accepts the proof after that. */
  readonly lifetime: number
}

/** A mistake in the setup of a storage that would end connections sooner or later. */
export interface StorageProblem {
  /** The kind of problem. It is stable, for programs. */
  readonly code: string
  /** Says what is wrong and what to do, in one sentence. */
  readonly message: string
}

/**
 * The kinds of record that belong to no grant. The names are those of oidc-provider's models, except for `ClientName`,
 * `Configuration`, `InitialAccessToken` (of registration), `InteractionOutcome`, `KnownAddress` (of limits), `Refusal` (of a request)
 * and `SigningKeys`.
 */
export type RecordModel =
  | 'Client'
  | 'ClientCredentials'
  | 'ClientName'
  | 'Configuration'
  | 'InitialAccessToken'
  | 'Interaction'
  | 'InteractionOutcome'
  | 'KnownAddress'
  | 'PushedAuthorizationRequest'
  | 'Refusal'
  | 'ReplayDetection'
  | 'Session'
  | 'SigningKeys'
  | (string & {})

/** One stored record, as plain JSON. An adapter reads the members named here and keeps all others as they are. */
export interface StoredPayload {
  /** Second id of a session, for {@link RecordStorage.findByUid}. */
  readonly uid?: string
  /**
   * Of a client, of its name, of the configuration and of the signing keys: another text after each change. {@link RecordStorage.swap} and
   * {@link RecordStorage.destroy} compare it.
   */
  readonly version?: string
  /** The code that a person types in the device flow, for {@link RecordStorage.findByUserCode}. */
  readonly userCode?: string
  /** Of a grant: its client, for {@link GrantStorage.endAll}. */
  readonly clientId?: string
  /** Of a grant: the URN of its subject, for {@link GrantStorage.endAll}. */
  readonly subject?: string
  /** Set in a found record that was consumed: the time, in milliseconds since the epoch. */
  readonly consumed?: number
  readonly [member: string]: unknown
}

/** The records of one model. Lifetimes are seconds until a record must no longer be found. */
export interface RecordStorage {
  /**
   * Stores a record, in place of an earlier one of that id. A consumed record stays consumed.
   *
   * @param lifetime - absent: no end
   */
  upsert(id: string, payload: StoredPayload, lifetime?: number): Promise<void>

  /**
   * Stores a record unless the id is taken. Resolves to whether it stored.
   *
   * @param lifetime - absent: no end
   */
  insert(id: string, payload: StoredPayload, lifetime?: number): Promise<boolean>

  /**
   * Replaces the record of that id if its `version` is `from`. Otherwise stores nothing. Resolves to whether it replaced the
   * record, and to `true` also if the same swap did so before. Called for `Client`,
   * `ClientName`, `Configuration` and `SigningKeys` only.
   *
   * @param from - absent: the version of a record that was stored without one
   * @param lifetime - absent: no end, whatever it had before. Given for `Client` only. An adapter that ignores it keeps the record
   * for ever
   */
  swap(
    id: string,
    payload: StoredPayload,
    from: string | undefined,
    lifetime?: number,
  ): Promise<boolean>

  /** The ids of all records, in any order. Called for `Client` only. */
  ids(): Promise<readonly string[]>

  /** The record of that id while it lives, with `consumed` if it was. */
  find(id: string): Promise<StoredPayload | undefined>

  /** The session with that second id. Called for `Session` only. */
  findByUid(uid: string): Promise<StoredPayload | undefined>

  /** The device code that a person typed. Called for `DeviceCode` only. */
  findByUserCode(userCode: string): Promise<StoredPayload | undefined>

  /**
   * Marks a record as used. Resolves to `true` for the one caller who did it. Resolves to `false` for every
   * other caller, and if the record is gone.
   */
  consume(id: string): Promise<boolean>

  /**
   * Removes a record. Resolves to true for the one caller who did it.
   *
   * @param version - removes the record only if this is its `version`; absent: any version. Given for `Client` and
   * `ClientName` only
   */
  destroy(id: string, version?: string): Promise<boolean>
}

/** The kinds of code and token that belong to a grant. */
export type TokenKind = 'AuthorizationCode' | 'AccessToken' | 'RefreshToken'

/** A code or token to store. */
export interface NewToken {
  /** Its value, which is a credential. */
  readonly id: string
  readonly payload: StoredPayload
  /** Seconds until it must no longer be found. */
  readonly lifetime: number
  /**
   * Of a refresh token: the value of its successor. A storage that has forgotten the refresh, as after a failover, recognises
   * the successor by it.
   */
  readonly successor?: string
}

/**
 * Grants. Codes and tokens are found through their grant and end with it. A grant has at most one code, one refresh token, and the
 * access tokens of that refresh token.
 */
export interface GrantStorage {
  /**
   * Stores a grant, in place of an earlier one of that id, whose code and tokens it keeps.
   *
   * @param lifetime - seconds to its end, past which nothing of it is found
   */
  save(grantId: string, payload: StoredPayload, lifetime: number): Promise<void>

  /**
   * A grant while it lives, with all that belongs to it, as of one moment.
   *
   * @param accessToken - the value of the only token that the caller looks for. An adapter may then leave out other tokens, the
   * code, and the payload and values of the refresh token, but must throw if they are asked for. With `null`, the caller looks for the
   * refresh token alone: the code and access tokens may be left out in the same way. It may also ignore this parameter
   */
  load(grantId: string, accessToken?: string | null): Promise<LoadedGrant | undefined>

  /**
   * Adds a code or token, in place of an earlier code or refresh token. Resolves to `false`, and stores
   * nothing, if the grant does not exist.
   */
  add(grantId: string, kind: TokenKind, token: NewToken): Promise<boolean>

  /** Uses up a code or refresh token and stores what is issued for it, in one step. */
  exchange(grantId: string, exchange: Exchange): Promise<ExchangeResult>

  /**
   * An access token of the grant was seen in use, now. This closes {@link Exchange.retryWindow} for the predecessor of
   * the refresh token of that generation, and leaves {@link Exchange.overlap} open.
   */
  noteUse(grantId: string, generation: number): Promise<void>

  /**
   * The grants for one subject, of one client or of all, that live and have an access or refresh token.
   *
   * @param condense - of a caller who needs no more than tells as much as all. An adapter may then leave out grants if it lists
   * what `condense` picked among them within the last day, and all of that still lives. It may also ignore this parameter
   */
  list(
    of: { readonly subject: string; readonly clientId?: string },
    condense?: Condense,
  ): Promise<readonly ListedGrant[]>

  /**
   * Removes one code or token of a grant, or without `id` all of that kind. After an access token was removed, the
   * refresh that issued it is never repeated: a repeat would bring back what was revoked.
   */
  remove(grantId: string, kind: TokenKind, id?: string): Promise<void>

  /**
   * Ends a grant with all that belongs to it. Resolves to what it was for the one caller who ended it, to undefined
   * for every other.
   */
  end(grantId: string): Promise<StoredGrant | undefined>

  /**
   * Ends every grant of a client, or of a client for one subject. Resolves to those it ended.
   * The time does not grow with the number of tokens they ever had.
   */
  endAll(of: {
    readonly clientId: string
    readonly subject?: string
  }): Promise<readonly StoredGrant[]>
}

/** A grant, as it is stored. It may have ended since. */
export interface StoredGrant {
  readonly grantId: string
  /** Client, account, subject, and the scopes that were requested and granted (`saveGrant` of `consent/consent-decision.ts`). */
  readonly payload: StoredPayload
}

/** A grant in a list. */
export interface ListedGrant extends StoredGrant {
  /** When it ends unless it is refreshed, in milliseconds since the epoch. */
  readonly endsAt: number
  /** When it was last seen in use, in milliseconds since the epoch. */
  readonly lastUsedAt: number | undefined
}

/**
 * Picks some of these grants, of any clients, that tell as much as all of them. It may be called with what it picked before, and
 * others.
 */
export type Condense = (grants: readonly ListedGrant[]) => readonly ListedGrant[]

/** A grant as it was at one moment. */
export interface LoadedGrant {
  readonly payload: StoredPayload
  /** The clock of the storage at that moment, in milliseconds since the epoch. */
  readonly now: number
  /** The code or access token of that value, a code with `consumed` if it was. */
  find(kind: Exclude<TokenKind, 'RefreshToken'>, id: string): StoredPayload | undefined
  readonly refreshToken: StoredRefreshToken | undefined
  /** When it was last seen in use, in milliseconds since the epoch: refreshed, or {@link GrantStorage.noteUse}. */
  readonly lastUsedAt: number | undefined
}

/** The one refresh token of a grant. */
export interface StoredRefreshToken {
  /** As it was stored, without a `jti`: that is its value. */
  readonly payload: StoredPayload
  /** How many refreshes led to it. */
  readonly generation: number
  /** When its predecessor was used up for it, in milliseconds since the epoch; absent for the first. */
  readonly rotatedAt: number | undefined
  /** Whether it was seen in use, which closes {@link Exchange.retryWindow}: {@link GrantStorage.noteUse}. */
  readonly isUsed: boolean
  /**
   * The index of the key of {@link Storage.deriveKeys} that was the newest when it was stored, and when its predecessor was: -1
   * for a key that no longer exists.
   */
  readonly key: number
  readonly predecessorKey: number
  /** Whether that is its value. */
  is(id: string): boolean
  /** Whether that is the value of the one that comes after it. */
  isSuccessor(id: string): boolean
}

/** A code or refresh token that is used up, and the tokens that are issued for it. */
export interface Exchange {
  readonly used:
    | { readonly kind: 'AuthorizationCode'; readonly id: string }
    | {
        readonly kind: 'RefreshToken'
        readonly id: string
        readonly generation: number
      }
  /** Absent if the client gets no refresh token for its code. */
  readonly refreshToken?: NewToken | undefined
  readonly accessToken?: NewToken | undefined
  /**
   * Seconds within which a refresh may be repeated until the successor is first seen in use. They count from the first
   * use of the refresh token, by the clock of the storage. 0: not at all.
   */
  readonly retryWindow: number
  /**
   * Seconds within which a refresh may be repeated also when the successor is in use already, counted in the same way.
   * The storage keeps the time of first use of each generation for so long. A repeat never extends it.
   *
   * @defaultValue 0: not at all
   */
  readonly overlap?: number
}

/**
 * The result of an exchange:
 * - `exchanged`: the code or token is used up. Earlier access tokens are gone, the new tokens are stored. The same if the
 *   storage had forgotten that its predecessor was used;
 * - `repeated`: this refresh happened before, its time for repeats is open, and its refresh token is the one given here.
 *   The access token is stored beside the others;
 * - `used`: nothing changed, and the grant goes on. The code was used before; or the refresh token was, its time for
 *   repeats is open, but a newer token was used as well or an access token was revoked; or the grant never had the token;
 * - `replayed`: nothing changed. The refresh token was used before, and its time for repeats is over: end the grant;
 * - `gone`: the grant or the code does not exist; nothing changed.
 */
export type ExchangeResult = 'exchanged' | 'repeated' | 'used' | 'replayed' | 'gone'
