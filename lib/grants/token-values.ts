import { hash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto'
import { createKeyedHash, type KeyedHash } from '../keys/keyed-hash.ts'
import type { LoadedGrant, StoredPayload } from '../storage.ts'

/** Characters of a grant id: 132 bits. */
const grantIdLength = 22

/** Characters of the random or derived part: 256 bits. */
const secretLength = 43

/** Characters of the count of refreshes (32 bits), and of the mark behind it (128 bits). */
const generationLength = 6
const markLength = 22

/** Characters of a refresh token. */
export const refreshTokenLength: number =
  grantIdLength + secretLength + generationLength + markLength

/** The id of a new grant. */
export const createGrantId = (): string =>
  randomBytes(17).toString('base64url').slice(0, grantIdLength)

/** The values of codes and tokens. Each begins with the id of its grant, so that one read finds all that belongs
 * to it:
 *
 * - code and access token: grant id, 43 characters of secret;
 * - refresh token: the same, then the number of refreshes that led to it, and a mark that only this server can make.
 * By the mark the server recognises a token that was used long ago, although it keeps nothing of it.
 *
 * The tokens of a refresh are derived from the used token: a repeat gets the same tokens again. Nobody can derive
 * them without that token and the server's key.
 */
export interface TokenValues {
  /** A code or access token. */
  create(grantId: string): string
  /** The first refresh token of a grant. */
  createRefreshToken(grantId: string): string
  /** The refresh token that comes after this one. `key`: which of the keys to derive with. */
  successorOf(refreshToken: string, key: number): string
  /** The access token that a refresh with this one issues; another one for each scope and key of the client. */
  accessTokenFor(refreshToken: string, use: AccessTokenUse, key: number): string
  /** Whether this server made that refresh token, whenever that was, with a key that it still has. */
  isGenuine(refreshToken: string): boolean
}

interface AccessTokenUse {
  readonly scope: string | undefined
  /** Thumbprint of the key it is bound to (RFC 9449, Section 6). */
  readonly jkt: string | undefined
}

/** The grant that a code or token belongs to; `undefined` if the text cannot be one. */
export function grantIdOf(value: string): string | undefined {
  const { length } = value
  if (length !== grantIdLength + secretLength && length !== refreshTokenLength) return undefined
  return /^[\w-]+$/.test(value) ? value.slice(0, grantIdLength) : undefined
}

/** How many refreshes led to a refresh token; `undefined` if the text cannot be one. */
export function generationOf(value: string): number | undefined {
  if (value.length !== refreshTokenLength) return undefined
  const start = grantIdLength + secretLength
  return Buffer.from(value.slice(start, start + generationLength), 'base64url').readUInt32BE()
}

/** The public `jti` of a token that was issued without one, and of a JWT. Nobody can make the token from it. */
export const toJti = (value: string): string =>
  hash('sha256', `jti:${value}`, 'base64url').slice(0, grantIdLength)

/** The public `jti` of a new opaque access token. */
export const createJti = (): { readonly jti: string } => ({ jti: randomUUID() })

/**
 * Makes values.
 *
 * @param secrets - newest first, at least one
 */
export function createTokenValues(secrets: readonly Uint8Array[]): TokenValues {
  const keys = secrets.map((secret) => createKeyedHash(secret))
  const digest = (key: number, ...parts: readonly string[]): Buffer =>
    (keys[key] as KeyedHash)(JSON.stringify(parts))
  const markOf = (key: number, unmarked: string): string =>
    digest(key, 'mark', unmarked).toString('base64url', 0, 16)
  const toRefreshToken = (key: number, start: string, generation: number): string => {
    const count = Buffer.alloc(4)
    count.writeUInt32BE(generation)
    const unmarked = start + count.toString('base64url')
    return unmarked + markOf(key, unmarked)
  }
  const create = (grantId: string): string => grantId + randomBytes(32).toString('base64url')
  return {
    create,
    createRefreshToken: (grantId) => toRefreshToken(0, create(grantId), 0),
    successorOf(refreshToken, key) {
      const secret = digest(key, 'refresh token', refreshToken).toString('base64url')
      const start = refreshToken.slice(0, grantIdLength) + secret
      return toRefreshToken(key, start, (generationOf(refreshToken) ?? 0) + 1)
    },
    accessTokenFor(refreshToken, { scope, jkt }, key) {
      const secret = digest(key, 'access token', refreshToken, scope ?? '', jkt ?? '')
      return refreshToken.slice(0, grantIdLength) + secret.toString('base64url')
    },
    isGenuine(refreshToken) {
      if (refreshToken.length !== refreshTokenLength) return false
      // As text: the last character of a mark has bits that stand for nothing.
      const mark = Buffer.from(refreshToken.slice(-markLength))
      const unmarked = refreshToken.slice(0, -markLength)
      return keys.some((_, key) => {
        const expected = Buffer.from(markOf(key, unmarked))
        return mark.length === expected.length && timingSafeEqual(mark, expected)
      })
    },
  }
}

/** A refresh token that this server issued for a grant. */
interface FoundRefreshToken {
  /** The current refresh token as it was stored. An earlier one is not kept, so it gets the same members. */
  readonly payload: StoredPayload
  /** How many refreshes led to it. */
  readonly generation: number
  /** Which of the keys derives its successor. */
  readonly key: number
  /** Whether a newer one was issued. */
  readonly isReplaced: boolean
}

/** Finds a refresh token that this server issued for a grant, the current one or an earlier one. */
export function findRefreshToken(
  values: TokenValues,
  value: string,
  { refreshToken: current }: LoadedGrant,
): FoundRefreshToken | undefined {
  const generation = generationOf(value)
  if (!current || generation === undefined) return undefined
  const found = { payload: { ...current.payload, jti: value }, generation, isReplaced: false }
  // If the key for its successor no longer exists, the newest key derives one. Earlier refreshes cannot be repeated then.
  if (current.is(value)) return { ...found, key: Math.max(0, current.key) }
  // The storage lost the last refresh, as in a failover. It recognises the successor of the token that it still has.
  if (current.isSuccessor(value)) return { ...found, key: 0 }
  if (generation >= current.generation || !values.isGenuine(value)) return undefined
  return { ...found, key: Math.max(0, current.predecessorKey), isReplaced: true }
}

/** Finds a refresh token as it is stored. One that was replaced counts as consumed. */
export function findStoredRefreshToken(
  value: string,
  loaded: LoadedGrant,
  values: TokenValues,
): StoredPayload | undefined {
  const found = findRefreshToken(values, value, loaded)
  if (!found?.isReplaced) return found?.payload
  return { ...found.payload, consumed: loaded.refreshToken?.rotatedAt ?? loaded.now }
}

/** Whether a code, a token or a grant has ended by its lifetime. */
export const hasExpired = ({ exp }: StoredPayload): boolean => Number(exp) * 1000 <= Date.now()
