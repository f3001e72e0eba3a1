import { randomBytes, randomUUID, timingSafeEqual } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { Context } from 'koa'
import { createKeyedHash, plainHash } from '../keys/keyed-hash.ts'
import type { RecordStorage, StoredPayload } from '../storage.ts'
import {
  lifetimeOf,
  registrationOf,
  toClientRecord,
  toPayload,
  type StoredSecret,
} from './stored-client.ts'

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Characters of 256 bits, and of a CRC-32, written with 62 digits. */
const secretLength = 43
const checksumLength = 6

/**
 * Whether a text has the form of a client secret that this server made: `pleo_cs_`, 43 characters, and 6 of a checksum (CRC-32 of all
 * before it), all letters and digits of ASCII. For scanners that look for secrets in the wrong places. It does not say whether
 * a client has or had this secret.
 */
export function isClientSecret(text: string): boolean {
  if (!/^pleo_cs_[\dA-Za-z]{49}$/.test(text)) return false
  return text.slice(-checksumLength) === checksumOf(text.slice(0, -checksumLength))
}

/**
 * A new client secret in the form that {@link isClientSecret} knows, with 256 random bits. For clients that are given with the
 * options: `server.clients` makes the secrets of registered clients itself.
 */
export const generateClientSecret = (): string => generateCredential('pleo_cs_')

/** Hashes client secrets, and compares them with stored hashes. */
export interface ClientSecrets {
  /** Returns a secret in the form in which it is kept. */
  toStored(clientId: string, secret: string, now: number): StoredSecret
  /** Finds a secret among those that are live. Compares with each of them, in constant time. */
  find(
    clientId: string,
    secret: string,
    among: readonly StoredSecret[],
    now: number,
  ): StoredSecret | undefined
  /** Returns the secret with its hash under the newest key. */
  renew(clientId: string, secret: string, stored: StoredSecret): StoredSecret
}

/**
 * Makes the client secrets of a server. Their hashes have a key, so that nobody who reads the storage can try guesses.
 * A slow hash would add nothing: each secret has 256 random bits.
 *
 * @param secrets - of the storage, newest first: the first makes new hashes, all compare
 */
export function createClientSecrets(secrets: readonly Uint8Array[]): ClientSecrets {
  const keys = secrets.map((secret) => createKeyedHash(secret))
  const hashesOf = (clientId: string, secret: string): readonly Buffer[] =>
    keys.map((hash) => hash(JSON.stringify([clientId, secret])))
  const newest = (clientId: string, secret: string): string =>
    hashesOf(clientId, secret)[0]?.toString('base64url') ?? ''
  return {
    toStored: (clientId, secret, now) => ({
      id: randomUUID(),
      hash: newest(clientId, secret),
      createdAt: now,
    }),
    find(clientId, secret, among, now) {
      const actual = hashesOf(clientId, secret)
      let found: StoredSecret | undefined
      for (const stored of among) {
        const expected = Buffer.from(stored.hash, 'base64url')
        const isEqual = actual
          .map((hash) => hash.length === expected.length && timingSafeEqual(hash, expected))
          .includes(true)
        if (isEqual && isLive(stored, now)) found = stored
      }
      return found
    },
    renew: (clientId, secret, stored) => ({ ...stored, hash: newest(clientId, secret) }),
  }
}

/** Compares a secret with one that was given with the options. The time tells only how long they are. */
export const isSameSecret = (secret: string, given: string): boolean =>
  timingSafeEqual(plainHash(secret), plainHash(given))

/** Returns 256 random bits in the form of client secrets. Scanners know it by its prefix. */
export function generateCredential(prefix: string): string {
  const text = prefix + toDigits(BigInt(`0x${randomBytes(32).toString('hex')}`), secretLength)
  return text + checksumOf(text)
}

/** Whether a secret has not ended. */
export const isLive = ({ expiresAt = Infinity }: StoredSecret, now: number): boolean =>
  expiresAt > now

const checksumOf = (text: string): string => toDigits(BigInt(crc32(text)), checksumLength)

function toDigits(value: bigint, length: number): string {
  let text = ''
  for (let rest = value; rest > 0n; rest /= 62n) text = digits.charAt(Number(rest % 62n)) + text
  return text.padStart(length, '0')
}

/** Compares a secret with those of a stored client. */
export type MatchSecret = (clientId: string, secret: string) => Promise<boolean>

/** Compares a secret in a request, or throws a `ProtocolError` in place of it. */
export type GuardSecret = (
  ctx: Context,
  clientId: string,
  compare: () => Promise<boolean> | boolean,
) => Promise<boolean> | boolean

/** How the framework compares secrets. */
export interface SecretComparison {
  readonly match: MatchSecret
  readonly guard: GuardSecret
}

/** How often a use of a secret is stored, in milliseconds. */
const useInterval = 60_000

/**
 * Compares secrets with the hashes that are stored, and notes when each was last used.
 *
 * @param records - with a cache: the client was read for the same request
 */
export function createSecretMatching(records: RecordStorage, secrets: ClientSecrets): MatchSecret {
  const notedAt = new Map<string, number>()
  const write = async (payload: StoredPayload, used: StoredSecret): Promise<boolean> => {
    const { metadata, registration, version } = toClientRecord(payload, secrets)
    const all = registration.secrets.map((one) => (one.id === used.id ? used : one))
    const changed = { metadata, registration: { ...registration, secrets: all } }
    return records.swap(metadata.client_id, toPayload(changed), version, lifetimeOf(changed))
  }
  const note = async (payload: StoredPayload, used: StoredSecret, now: number): Promise<void> => {
    notedAt.set(used.id, now)
    const isNoted = await write(payload, { ...used, lastUsedAt: now }).catch(() => false)
    // If somebody else changes the client at the same time, the next use is noted.
    if (!isNoted && notedAt.get(used.id) === now) notedAt.delete(used.id)
  }
  return async (clientId, secret) => {
    const now = Date.now()
    const payload = await records.find(clientId)
    const stored = registrationOf(payload)?.secrets ?? []
    const found = secrets.find(clientId, secret, stored, now)
    if (!payload || !found) return false
    const last = Math.max(found.lastUsedAt ?? 0, notedAt.get(found.id) ?? 0)
    if (now - last >= useInterval) {
      if (notedAt.size >= 10_000) notedAt.clear()
      // The answer does not wait for this, and does not fail if it fails. It uses the newest key, so that the older one can go.
      void note(payload, secrets.renew(clientId, secret, found), now)
    }
    return true
  }
}
