/** The signing keys in the storage (`signingKeys: 'stored'`). */
export interface SigningKeys {
  /** All that are published, from the oldest to the newest. Empty until a server made the first one. */
  list(): Promise<readonly SigningKeyInfo[]>

  /**
   * Makes a new key. It is announced now, used by all processes after `lifetimes.keyAnnouncement`, and the one
   * before it is retired `lifetimes.keyRetirement` after that; nobody has to do anything then. Of two at once, one
   * does it. Resolves to the keys there are then.
   *
   * @throws {@link SigningKeyError} where the key that was announced last is not in use yet, or where the storage
   * has no keys to rotate; nothing is changed then
   */
  rotate(options?: KeyRotationOptions): Promise<readonly SigningKeyInfo[]>
}

/** How keys are rotated. */
export interface KeyRotationOptions {
  /**
   * At once: a key got into the wrong hands. All keys go, also one that is announced, and a new one is used without
   * having been announced. What the old ones have signed is good no more: at an API that knows the old keys still after
   * five minutes, as long as it may keep them. Other processes sign with the old key for up to ten seconds more.
   *
   * @defaultValue `false`
   */
  readonly now?: boolean
}

/** What is known of a signing key; nothing private. Times are milliseconds since the epoch. */
export interface SigningKeyInfo {
  /** `kid` of what is signed with it (RFC 7515, Section 4.1.4). */
  readonly kid: string
  /** What it signs with (RFC 7518, Section 3.1). */
  readonly algorithm: string
  /** `announced`: published, and not used yet; `retiring`: published, and not used any more. */
  readonly state: 'announced' | 'in use' | 'retiring'
  readonly announcedAt: number
  readonly usedFrom: number
  /** When it is published no more; `undefined` as long as there is no next key. */
  readonly retiredAt: number | undefined
}
