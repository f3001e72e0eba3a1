import { createHmac, createSecretKey, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto'
import { crc32 } from 'node:zlib'

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Characters of 256 bits, and of a CRC-32, written with 62 digits. */
const secretLength = 43
const checksumLength = 6

/**
 * Whether a text is a client secret as this server makes them: `pleo_cs_`, 43 characters, and 6 of a checksum (CRC-32 of all
 * before it), each of the letters and digits of ASCII. For scanners that look for secrets where none should be; whether
 * any client has it, or had, cannot be told from it.
 */
export function isClientSecret(text: string): boolean {
  if (!/^pleo_cs_[\dA-Za-z]{49}$/.test(text)) return false
  return text.slice(-checksumLength) === checksumOf(text.slice(0, -checksumLength))
}

/**
 * A new client secret in the form that {@link isClientSecret} knows, with 256 random bits. For clients that are given with the
 * options; `server.clients` makes those of registered ones itself.
 */
export const generateClientSecret = (): string => generateCredential('pleo_cs_')

/** A client secret as it is kept: by its hash. Times are milliseconds since the epoch. */
export interface StoredSecret {
  readonly id: string
  /** HMAC-SHA256 of client id and secret. */
  readonly hash: string
  readonly createdAt: number
  /** Absent: no end. */
  readonly expiresAt?: number
  readonly lastUsedAt?: number
}

/** Makes client secrets and compares them with what is kept of them. */
export interface ClientSecrets {
  /** A new secret, 256 random bits. */
  generate(): string
  /** What is kept of a secret. */
  toStored(clientId: string, secret: string, now: number): StoredSecret
  /** Which of the secrets that live that is; all of them are looked at, in constant time. */
  find(
    clientId: string,
    secret: string,
    among: readonly StoredSecret[],
    now: number,
  ): StoredSecret | undefined
  /** The secret with its hash under the newest key; the same where it is that already. */
  renew(clientId: string, secret: string, stored: StoredSecret): StoredSecret
}

/**
 * Makes the client secrets of a server. Their hashes have a key, so that whoever reads the storage cannot even try
 * what a secret may be; a slow hash would give nothing more, as there are 256 random bits in each.
 *
 * @param secrets - of the storage, newest first: the first makes new hashes, all compare
 */
export function createClientSecrets(secrets: readonly Uint8Array[]): ClientSecrets {
  const keys = secrets.map((secret) => createSecretKey(secret))
  const hashesOf = (clientId: string, secret: string): readonly Buffer[] =>
    keys.map((key) =>
      createHmac('sha256', key)
        .update(JSON.stringify([clientId, secret]))
        .digest(),
    )
  const newest = (clientId: string, secret: string): string =>
    hashesOf(clientId, secret)[0]?.toString('base64url') ?? ''
  return {
    generate: generateClientSecret,
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

/** 256 random bits in the form of client secrets, which scanners know by what it begins with. */
export function generateCredential(prefix: string): string {
  const text = prefix + toDigits(BigInt(`0x${randomBytes(32).toString('hex')}`), secretLength)
  return text + checksumOf(text)
}

/** Whether a secret has not come to its end. */
export const isLive = ({ expiresAt = Infinity }: StoredSecret, now: number): boolean =>
  expiresAt > now

const checksumOf = (text: string): string => toDigits(BigInt(crc32(text)), checksumLength)

function toDigits(value: bigint, length: number): string {
  let text = ''
  for (let rest = value; rest > 0n; rest /= 62n) text = digits.charAt(Number(rest % 62n)) + text
  return text.padStart(length, '0')
}

/** The secrets of fewer than 32 characters, by their paths. The clients may be of any type. */
export const findShortSecrets = (clients: readonly unknown[]): readonly string[] =>
  clients.flatMap((client, index) => {
    const { client_secret: secret } = Object(client) as { readonly client_secret?: unknown }
    const isShort = typeof secret === 'string' && secret !== '' && secret.length < 32
    return isShort ? [`clients[${index}].client_secret`] : []
  })
