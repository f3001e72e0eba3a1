import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import type { RedisClient } from 'pleo-oauth-server/adapters/redis'
import type { PartnerSession, PartnerStore } from './partner-store.ts'
import { deriveKeys } from './storage-keys.ts'

/** As long as a refresh token lives that is not used, in seconds. */
const lifetime = 60 * 86_400

const nonceLength = 12
const tagLength = 16

// Beside what the authorization server keeps, and with commands that it needs as well: its user may do nothing else.
const prefix = 'pleo:northwind:'
const field = 'sealed'

// In one step, so that no session is left without an end.
const saveScript = `redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])`

/**
 * A store in Redis. Whoever can read Redis learns no session id, and no token: ids are hashed, the rest
 * is encrypted.
 *
 * @param storageKeys - the first encrypts, all are tried to read
 */
export function createRedisStore(
  client: RedisClient,
  storageKeys: readonly string[],
): PartnerStore {
  const keys = deriveKeys(storageKeys, 'partner application')
  // Without a connection, a command to a Cluster would wait for one, however long that takes.
  const connected = (): RedisClient => {
    if (client.status === 'ready') return client
    throw new Error('Redis cannot be reached')
  }
  return {
    async find(id) {
      const name = nameOf(id)
      const sealed = await connected().hgetBuffer(name, field)
      return sealed ? open(keys, name, sealed) : undefined
    },
    async save(id, session) {
      const name = nameOf(id)
      await connected().eval(saveScript, 1, name, field, seal(keys, name, session), lifetime)
    },
    async remove(id) {
      await connected().del(nameOf(id))
    },
  }
}

const nameOf = (id: string): string => prefix + createHash('sha256').update(id).digest('base64url')

function seal(
  [newest = Buffer.of()]: readonly Buffer[],
  name: string,
  session: PartnerSession,
): Buffer {
  const nonce = randomBytes(nonceLength)
  const cipher = createCipheriv('aes-256-gcm', newest, nonce).setAAD(Buffer.from(name))
  const text = Buffer.concat([cipher.update(JSON.stringify(session), 'utf8'), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), text])
}

/** What no key opens is as good as not there: its key was taken away. */
function open(keys: readonly Buffer[], name: string, sealed: Buffer): PartnerSession | undefined {
  const nonce = sealed.subarray(0, nonceLength)
  const tag = sealed.subarray(nonceLength, nonceLength + tagLength)
  const text = sealed.subarray(nonceLength + tagLength)
  for (const key of keys) {
    try {
      const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagLength })
      decipher.setAAD(Buffer.from(name)).setAuthTag(tag)
      const content = decipher.update(text, undefined, 'utf8') + decipher.final('utf8')
      return JSON.parse(content) as PartnerSession
    } catch {
      // Sealed with another key.
    }
  }
  return undefined
}
