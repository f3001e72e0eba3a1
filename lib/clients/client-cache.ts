import type { RecordStorage, Storage, StoredPayload } from '../storage.ts'

/** How long a client is taken for unchanged where nobody says that it was changed, in milliseconds. */
export const maxAge = 1000

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
  storage.onClientChange((id) => {
    changes += 1
    entries.delete(id)
  })
  return {
    ...records,
    async find(id) {
      const entry = entries.get(id)
      if (entry && entry.until > performance.now()) return entry.record
      entries.delete(id)
      const before = changes
      // From before it was read, so that nobody takes a client for unchanged for longer.
      const until = performance.now() + maxAge
      const record = await records.find(id)
      if (record && changes === before) {
        if (entries.size >= maxClients) entries.clear()
        entries.set(id, { record, until })
      }
      return record
    },
  }
}
