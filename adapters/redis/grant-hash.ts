import type {
  LoadedGrant,
  NewToken,
  StoredGrant,
  StoredPayload,
  StoredRefreshToken,
  TokenKind,
} from '../../lib/storage.ts'
import { openPayload, sealPayload, type StorageKeys } from './storage-keys.ts'

/** The names of the kinds in the scripts. */
export const kinds = { AuthorizationCode: 'c', RefreshToken: 'r', AccessToken: 'a' } as const

/** The payload of a code or token of that name, sealed for its place in the grant. */
export function sealToken(
  keys: StorageKeys,
  key: string,
  kind: TokenKind,
  name: string,
  { id, payload }: NewToken,
): Buffer {
  const place = kind === 'AccessToken' ? accessTokenPlace(key, name) : `${key}/${kind}`
  return sealPayload(keys, place, id, payload, true)
}

const accessTokenPlace = (key: string, name: string): string => `${key}/AccessToken/${name}`

/** The payload of a grant, which has its id. */
export function openGrant(keys: StorageKeys, key: string, sealed: Buffer): StoredGrant {
  const payload = openPayload(keys, `${key}/g`, sealed)
  return { grantId: String(payload['jti']), payload }
}

/** The name of the successor of a refresh token, or an empty text. */
export const nameOfSuccessor = (keys: StorageKeys, token: NewToken | undefined): string =>
  token?.successor === undefined ? '' : keys.names('RefreshToken', token.successor)[0]

/** The Redis hash of a grant, as it was read. */
export interface GrantHash {
  readonly key: string
  /** The clock of the Redis, in milliseconds since the epoch. */
  readonly now: number
  readonly fields: ReadonlyMap<string, Buffer>
  /** The field with the short values. The version before had a field for each. */
  readonly values: string | undefined
  /**
   * The only access token that was read, and its possible names; null if none was read and no code. Absent if everything was
   * read.
   */
  readonly only?: { readonly id: string; readonly names: readonly string[] } | null
}

/** The payload, which in a grant of the version before has the field of the short values. */
export const payloadOf = ({ fields }: GrantHash): Buffer | undefined =>
  fields.get('p') ?? (fields.has('ge') ? fields.get('g') : undefined)

export const valuesIn = (fields: GrantHash['fields']): string | undefined =>
  fields.has('p') ? fields.get('g')?.toString() : undefined

/** A short value. */
export function valueOf({ fields, values }: GrantHash, name: string): string | undefined {
  if (values === undefined) return fields.get(name)?.toString()
  const start = values.indexOf(` ${name}=`)
  if (start === -1) return undefined
  const end = values.indexOf(' ', start + 1)
  return values.slice(start + name.length + 2, end === -1 ? undefined : end)
}

/** Reads a grant from its Redis hash. Codes and tokens are opened when they are asked for. */
export function toLoadedGrant(keys: StorageKeys, hash: GrantHash): LoadedGrant | undefined {
  const { key, now, fields, only } = hash
  const sealed = payloadOf(hash)
  if (!sealed) return undefined
  const numberOf = (name: string): number | undefined => {
    const text = valueOf(hash, name)
    return text === undefined ? undefined : Number(text)
  }
  const findCode = (id: string): StoredPayload | undefined => {
    const code = fields.get('c')
    if (!code) return undefined
    keys.mustKnow(code)
    const name = valueOf(hash, 'ch') ?? ''
    const isIt = keys.names('AuthorizationCode', id).includes(name)
    if (!isIt || (numberOf('ce') ?? 0) <= now) return undefined
    const payload = openPayload(keys, `${key}/AuthorizationCode`, code, id)
    const consumed = numberOf('cu')
    return consumed === undefined ? payload : { ...payload, consumed }
  }
  return {
    payload: openPayload(keys, `${key}/g`, sealed),
    now,
    find(kind, id) {
      if (only !== undefined && (kind !== 'AccessToken' || id !== only?.id)) throw unread()
      return kind === 'AccessToken' ? findAccessToken(keys, hash, id) : findCode(id)
    },
    lastUsedAt: numberOf('lu'),
    refreshToken: valueOf(hash, 'n') !== undefined ? new RefreshToken(keys, hash) : undefined,
  }
}

const unread = (): Error => new TypeError('the grant was loaded for another token')

function findAccessToken(
  keys: StorageKeys,
  { key, now, fields, only }: GrantHash,
  id: string,
): StoredPayload | undefined {
  for (const name of only?.names ?? keys.names('AccessToken', id)) {
    const value = fields.get(`a:${name}`)
    if (!value) continue
    const { endsAt, sealed } = toEndAndSealed(value)
    return endsAt <= now ? undefined : openPayload(keys, accessTokenPlace(key, name), sealed, id)
  }
  for (const [field, value] of fields) {
    if (field.startsWith('a:')) keys.mustKnow(toEndAndSealed(value).sealed)
  }
  return undefined
}

function toEndAndSealed(value: Buffer): { readonly endsAt: number; readonly sealed: Buffer } {
  const colon = value.indexOf(':')
  return {
    endsAt: Number(value.subarray(0, colon).toString()),
    sealed: value.subarray(colon + 1),
  }
}

/** A class, because V8 keeps a getter that an object has of its own, and all that it holds, through many garbage collections. */
class RefreshToken implements StoredRefreshToken {
  readonly generation: number
  readonly rotatedAt: number | undefined
  readonly isUsed: boolean
  readonly key: number
  readonly predecessorKey: number
  readonly #keys: StorageKeys
  readonly #grant: GrantHash
  #payload: StoredPayload | undefined

  constructor(keys: StorageKeys, grant: GrantHash) {
    this.#keys = keys
    this.#grant = grant
    const rotatedAt = valueOf(grant, 'rt')
    this.generation = Number(this.#textOf('n'))
    this.rotatedAt = rotatedAt === undefined ? undefined : Number(rotatedAt)
    this.isUsed = valueOf(grant, 'ru') !== undefined
    this.key = keys.ids.indexOf(this.#textOf('k'))
    this.predecessorKey = keys.ids.indexOf(this.#textOf('kp'))
  }

  /** Introspection does not need it. */
  get payload(): StoredPayload {
    this.#payload ??= openPayload(this.#keys, `${this.#grant.key}/RefreshToken`, this.#sealed())
    return this.#payload
  }

  is(id: string): boolean {
    return this.#isNamed(id, 'rh')
  }

  isSuccessor(id: string): boolean {
    return this.#isNamed(id, 'rx')
  }

  #isNamed(id: string, field: string): boolean {
    this.#sealed()
    return this.#keys.names('RefreshToken', id).includes(this.#textOf(field))
  }

  #sealed(): Buffer {
    const value = this.#grant.fields.get('r')
    if (value) return value
    throw unread()
  }

  #textOf(field: string): string {
    return valueOf(this.#grant, field) ?? ''
  }
}

/** Reads an answer of Redis that has names and values in turn. */
export function toFields(fields: readonly Buffer[]): GrantHash['fields'] {
  const map = new Map<string, Buffer>()
  for (let index = 0; index < fields.length; index += 2) {
    const [name, value] = fields.slice(index, index + 2)
    if (name && value) map.set(name.toString(), value)
  }
  return map
}

/** Puts values to the fields that were asked for. */
export function toNamedFields(
  fields: readonly string[],
  values: readonly unknown[],
): GrantHash['fields'] {
  const map = new Map<string, Buffer>()
  for (const [index, field] of fields.entries()) {
    if (values[index]) map.set(field, values[index] as Buffer)
  }
  return map
}
