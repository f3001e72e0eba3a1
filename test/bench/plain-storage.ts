import type { Adapter, AdapterFactory, AdapterPayload } from 'oidc-provider'

interface StoredRecord {
  readonly payload: AdapterPayload
  readonly expiresAt: number
}

/**
 * The least that oidc-provider runs on in memory: what its own memory adapter does, records by
 * reference and nothing atomic, without its limit of 1000 records and without the walk over all
 * tokens of a grant at every new one, which would slow the bare side down.
 */
export function createPlainStorage(): AdapterFactory {
  const records = new Map<string, StoredRecord>()
  const grants = new Map<string, Set<string>>()
  const sessions = new Map<string, string>()

  const find = (key: string): AdapterPayload | undefined => {
    const record = records.get(key)
    return record && record.expiresAt > Date.now() ? record.payload : undefined
  }

  const toAdapter = (model: string): Adapter => ({
    async upsert(id, payload, expiresIn) {
      const key = `${model}:${id}`
      records.set(key, { payload, expiresAt: Date.now() + (expiresIn ?? Infinity) * 1000 })
      if (model === 'Session' && payload.uid !== undefined) sessions.set(payload.uid, key)
      if (payload.grantId === undefined) return
      const keys = grants.get(payload.grantId)
      if (keys) keys.add(key)
      else grants.set(payload.grantId, new Set([key]))
    },
    find: async (id) => find(`${model}:${id}`),
    findByUid: async (uid) => find(sessions.get(uid) ?? ''),
    findByUserCode: async () => undefined,
    async consume(id) {
      const payload = find(`${model}:${id}`)
      if (payload) payload.consumed = Math.floor(Date.now() / 1000)
    },
    async destroy(id) {
      records.delete(`${model}:${id}`)
    },
    async revokeByGrantId(grantId) {
      for (const key of grants.get(grantId) ?? []) records.delete(key)
      grants.delete(grantId)
    },
  })
  return toAdapter
}
