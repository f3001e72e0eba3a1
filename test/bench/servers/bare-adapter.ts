import type { Redis } from 'ioredis'
import type { Adapter, AdapterFactory, AdapterPayload } from 'oidc-provider'
import { lifetimes } from '../fixture.ts'

const consumable = new Set(['AuthorizationCode', 'RefreshToken'])
const ofGrant = new Set([...consumable, 'AccessToken'])

/**
 * The usual way to run oidc-provider on Redis: JSON as it comes, a hash if a record can be consumed, and a list of the records of
 * each grant. Nothing is hashed or sealed, and nothing is atomic but one write.
 */
export function createPlainAdapter(redis: Redis): AdapterFactory {
  return (model): Adapter => {
    const toKey = (id: string): string => `oidc:${model}:${id}`
    const find = async (id: string): Promise<AdapterPayload | undefined> => {
      if (!consumable.has(model)) {
        const text = await redis.get(toKey(id))
        return text === null ? undefined : (JSON.parse(text) as AdapterPayload)
      }
      const { payload, ...rest } = await redis.hgetall(toKey(id))
      return payload === undefined ? undefined : { ...rest, ...(JSON.parse(payload) as object) }
    }
    return {
      find,
      async upsert(id, payload, expiresIn = lifetimes.grant) {
        const key = toKey(id)
        const text = JSON.stringify(payload)
        const changes = redis.multi()
        if (consumable.has(model)) changes.hset(key, { payload: text }).expire(key, expiresIn)
        else changes.set(key, text, 'EX', expiresIn)
        if (ofGrant.has(model) && payload.grantId !== undefined) {
          const list = toGrantKey(payload.grantId)
          changes.rpush(list, key)
          if ((await redis.ttl(list)) < expiresIn) changes.expire(list, expiresIn)
        }
        if (payload.uid !== undefined) changes.set(toUidKey(payload.uid), id, 'EX', expiresIn)
        await changes.exec()
      },
      async findByUid(uid) {
        const id = await redis.get(toUidKey(uid))
        return id === null ? undefined : find(id)
      },
      findByUserCode: async () => undefined,
      async consume(id) {
        await redis.hset(toKey(id), 'consumed', Math.floor(Date.now() / 1000))
      },
      async destroy(id) {
        await redis.del(toKey(id))
      },
      async revokeByGrantId(grantId) {
        const list = toGrantKey(grantId)
        await redis.del(list, ...(await redis.lrange(list, 0, -1)))
      },
    }
  }
}

const toGrantKey = (grantId: string): string => `oidc:grant:${grantId}`
const toUidKey = (uid: string): string => `oidc:uid:${uid}`
