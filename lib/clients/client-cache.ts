import type { RecordStorage, Storage, StoredPayload } from '../storage.ts'

/** How long a client is taken for unchanged, in milliseconds, where nobody would say that it was changed. */
const shortAge = 1000

/** The same where storage says so: only what it failed to say is found out this late. */
const longAge = 10_000

/** How many clients are kept. */
const maxClients = 1000

interface Entry {
  readonly record: StoredPayload
  readonly until: number
}

/** Keeps stored clients for a moment: every request asks for one, and they hardly ever change. */
export function cacheClients(storage: Storage): RecordStorage {
  const records = storage.records('Client')
  const entries = new Map<string, Entry>()
  // Counts changes, so that what was read before one is not kept after it.
  let changes = 0
  const drop = (id: string): void => {
    changes += 1
    entries.delete(id)
  }
  const changing = async <T>(id: string, change: () => Promise<T>): Promise<T> => {
    drop(id)
    try {
      return await change()
    } finally {
      drop(id)
    }
  }
  storage.onClientChange?.(drop)
  const age = storage.onClientChange ? longAge : shortAge

  return {
    ...records,
    async find(id) {
      const entry = entries.get(id)
      if (entry && entry.until > Date.now()) return entry.record
      const before = changes
      const record = await records.find(id)
      if (record && changes === before) {
        if (entries.size >= maxClients) entries.clear()
        entries.set(id, { record, until: Date.now() + age })
      } else entries.delete(id)
      return record
    },
    upsert: (id, payload, lifetime) => changing(id, () => records.upsert(id, payload, lifetime)),
    destroy: (id) => changing(id, () => records.destroy(id)),
  }
}
