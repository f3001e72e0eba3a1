/** The kinds of record this server keeps; the names are oidc-provider's model names. */
export type StorageModel =
  | 'AccessToken'
  | 'AuthorizationCode'
  | 'Client'
  | 'ClientCredentials'
  | 'Grant'
  | 'Interaction'
  | 'PushedAuthorizationRequest'
  | 'RefreshToken'
  | 'ReplayDetection'
  | 'Session'
  | (string & {})

/**
 * One stored record, as plain JSON. An adapter reads the four members named here and returns the
 * others untouched.
 */
export interface StoredPayload {
  /** Id of the grant a token or code belongs to; what {@link StorageAdapter.revokeByGrantId} goes by. */
  readonly grantId?: string
  /** Second id of a session; what {@link StorageAdapter.findByUid} goes by. */
  readonly uid?: string
  /** What a person types in the device flow; what {@link StorageAdapter.findByUserCode} goes by. */
  readonly userCode?: string
  /** Set by {@link StorageAdapter.find} once the record was consumed: when, in milliseconds since the epoch. */
  readonly consumed?: number
  readonly [member: string]: unknown
}

/**
 * What storage does for one model. Every method is atomic on its own, from any number of processes;
 * a rejected promise means "not known", never "not there".
 */
export interface StorageAdapter {
  /**
   * Stores a record, in place of an earlier one of that id. What was consumed stays consumed.
   *
   * @param lifetime - seconds until it must no longer be found; absent: no end
   */
  upsert(id: string, payload: StoredPayload, lifetime?: number): Promise<void>

  /** Stores a record unless the id is taken. Resolves to whether it stored. */
  insert(id: string, payload: StoredPayload, lifetime: number): Promise<boolean>

  /** The record of that id while it lives, with `consumed` if it was. */
  find(id: string): Promise<StoredPayload | undefined>

  /** The session with that second id. Called for `Session` only. */
  findByUid(uid: string): Promise<StoredPayload | undefined>

  /** The device code that a person typed. Called for `DeviceCode` only. */
  findByUserCode(userCode: string): Promise<StoredPayload | undefined>

  /**
   * Marks a record as used. Resolves to true for the one caller who did it, to false for every
   * other, and where the record is gone.
   *
   * Consuming a `RefreshToken` ends every access token of its grant in the same step: after a
   * refresh only what that refresh issues is alive.
   */
  consume(id: string): Promise<boolean>

  /** Removes a record. Resolves to whether there was one. */
  destroy(id: string): Promise<boolean>

  /** Removes every record of this model that belongs to the grant. */
  revokeByGrantId(grantId: string): Promise<void>
}

/** A storage adapter: gives the storage of each model, the same object at every call for one name. */
export type Storage = (model: StorageModel) => StorageAdapter
