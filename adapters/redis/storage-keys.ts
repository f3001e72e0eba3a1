import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hkdfSync,
  randomBytes,
  type KeyObject,
} from 'node:crypto'
import { createKeyedHash, type KeyedHash } from '../../lib/keys/keyed-hash.ts'
import type { StoredPayload } from '../../lib/storage.ts'
import { createKnownSeals } from './known-seals.ts'
import { lengthen, shorten } from './short-json.ts'

/** Makes a dump of the storage worthless: names say nothing, and content is sealed. */
export interface StorageKeys {
  /** Ids of the keys, newest first. They are useless for anything else. */
  readonly ids: readonly [string, ...string[]]
  /**
   * The names of an id in the storage, one for each key, newest first. If a record was stored before the keys were rotated,
   * it has the name under an older key.
   */
  names(kind: string, id: string): readonly [string, ...string[]]
  /**
   * Seals content for one place. It can be opened only there. It has no control characters.
   *
   * @param isLasting - whether it is a part of a connection, which lasts: then it takes less room, and more time
   */
  seal(place: string, content: string, isLasting?: boolean): Buffer
  /** Whether it was sealed with the newest key. */
  isFresh(sealed: Buffer): boolean
  /** @throws SealError if it was sealed with an unknown key: its content cannot be known */
  mustKnow(sealed: Buffer): void
  /** @throws if it was sealed with an unknown key or for another place, or was changed */
  open(place: string, sealed: Buffer): string
  derive(purpose: string): readonly Uint8Array[]
}

interface Key {
  /** Says which key something was sealed with. */
  readonly id: Buffer
  readonly name: KeyedHash
  readonly seal: KeyedHash
  readonly secret: string
}

const idLength = 4
const nonceLength = 12
const tagLength = 16

/** The error of content that cannot be opened. It names no content. */
export class SealError extends Error {
  override readonly name = 'SealError'
}

/**
 * Makes storage keys.
 *
 * @param secrets - the first names and seals, all find and open
 * @throws TypeError if there is no secret, or one is too short
 */
export function createStorageKeys(secrets: readonly string[]): StorageKeys {
  const given: readonly unknown[] = Array.isArray(secrets) ? secrets : []
  const isGood = given.every((secret) => typeof secret === 'string' && secret.length >= 32)
  const [newest, ...older] = isGood ? given.map((secret) => toKey(String(secret))) : []
  if (!newest) {
    throw new TypeError('keys must hold at least one secret, each of 32 characters or more')
  }
  const keys = [newest, ...older]
  const keyOf = (sealed: Buffer): Key => {
    const key = keys.find(({ id }) => id.equals(sealed.subarray(0, idLength)))
    if (key) return key
    throw new SealError('sealed with a storage key that is not among those given')
  }
  const known = createKnownSeals()
  return {
    ids: [newest.id.toString('hex'), ...older.map(({ id }) => id.toString('hex'))],
    names: (kind, id) => [
      nameUnder(newest, kind, id),
      ...older.map((key) => nameUnder(key, kind, id)),
    ],
    seal(place, content, isLasting) {
      const nonce = drawNonce()
      const cipher = createCipheriv('aes-256-gcm', keyFor(newest, place), nonce)
      const parts = [cipher.update(isLasting ? shorten(content) : content, 'utf8'), cipher.final()]
      const sealed = Buffer.concat([newest.id, nonce, cipher.getAuthTag(), ...parts])
      known.add(place, { sealed: sealed.toString('latin1'), content })
      return sealed
    },
    isFresh: (sealed) => newest.id.equals(sealed.subarray(0, idLength)),
    mustKnow: (sealed) => void keyOf(sealed),
    open(place, sealed) {
      const text = sealed.toString('latin1')
      const last = known.get(place)
      if (last?.sealed === text) return last.content
      const content = lengthen(unseal(keyFor(keyOf(sealed), place), sealed))
      known.add(place, { sealed: text, content })
      return content
    },
    derive: (purpose) => keys.map(({ secret }) => derive(secret, `for ${purpose}`)),
  }
}

let drawn = Buffer.alloc(0)
let used = 0

/** A random nonce. Many are drawn at once, because each draw takes as long as half a seal. */
function drawNonce(): Buffer {
  if (used === drawn.length) {
    drawn = randomBytes(nonceLength * 256)
    used = 0
  }
  used += nonceLength
  return drawn.subarray(used - nonceLength, used)
}

const toKey = (secret: string): Key => ({
  id: Buffer.from(derive(secret, 'id')).subarray(0, idLength),
  name: createKeyedHash(derive(secret, 'name')),
  seal: createKeyedHash(derive(secret, 'seal')),
  secret,
})

function derive(secret: string, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, 'pleo-oauth-server storage', purpose, 32))
}

const nameUnder = (key: Key, kind: string, id: string): string =>
  key.name(JSON.stringify([kind, id])).toString('base64url', 0, 16)

/**
 * A key of its own for each place: nothing can be moved, and no key seals more than a few times. Node reads a key object several
 * times as fast as it reads bytes.
 */
const keyFor = (key: Key, place: string): KeyObject => createSecretKey(key.seal(place))

function unseal(key: KeyObject, sealed: Buffer): string {
  const nonce = sealed.subarray(idLength, idLength + nonceLength)
  const tag = sealed.subarray(idLength + nonceLength, idLength + nonceLength + tagLength)
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagLength })
  decipher.setAuthTag(tag)
  const content = sealed.subarray(idLength + nonceLength + tagLength)
  try {
    return Buffer.concat([decipher.update(content), decipher.final()]).toString()
  } catch {
    throw new SealError('the content was changed, or belongs to another place')
  }
}

/**
 * Seals a payload for its place, without a `jti` that equals the id: the caller knows it, and it is a credential, which is not
 * stored.
 */
export function sealPayload(
  keys: StorageKeys,
  place: string,
  id: string,
  payload: StoredPayload,
  isLasting = false,
): Buffer {
  const { jti, ...others } = payload
  return keys.seal(place, JSON.stringify(jti === id ? [others] : [payload, false]), isLasting)
}

/** Opens a payload. With `id`, a `jti` that was left out is put back. */
export function openPayload(
  keys: StorageKeys,
  place: string,
  sealed: Buffer,
  id?: string,
): StoredPayload {
  const [payload, isWithout = true] = JSON.parse(keys.open(place, sealed)) as [
    StoredPayload,
    boolean?,
  ]
  return isWithout && id !== undefined ? { ...payload, jti: id } : payload
}
