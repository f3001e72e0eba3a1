/** A copy of plain JSON, several times as fast as writing and reading it. */
export function copyOf<T extends object>(value: T): T
export function copyOf(value: object): object {
  if (Array.isArray(value)) return value.map((item: unknown) => copyOfMember(item))
  const copy: Record<string, unknown> = { ...value }
  for (const name of Object.keys(copy)) {
    const member = copy[name]
    if (typeof member === 'object') copy[name] = copyOfMember(member)
  }
  return copy
}

const copyOfMember = (value: unknown): unknown =>
  typeof value === 'object' && value !== null ? copyOf(value) : value

/** One record, with what it is found by. */
export interface StoredRecord {
  readonly content: object
  readonly indexKey: string | undefined
  /** Milliseconds since the epoch. */
  expiresAt: number
  consumed: number | undefined
}

/** The error of a memory that is full of records which are still valid. */
export class MemoryFullError extends Error {
  override readonly name = 'MemoryFullError'
}

/** Records by key, and by a second key. */
export interface Space {
  readonly now: () => number
  live(key: string): StoredRecord | undefined
  put(key: string, record: StoredRecord): void
  remove(key: string): boolean
  byIndex(indexKey: string): StoredRecord | undefined
  /** The keys of all records, also of those that have expired. */
  keys(): Iterable<string>
  consume(record: StoredRecord): void
}

/** Makes an empty space for so many records. */
export function createSpace(maxRecords: number, now: () => number): Space {
  const records = new Map<string, StoredRecord>()
  const indexes = new Map<string, string>()

  const remove = (key: string): boolean => {
    const record = records.get(key)
    if (!record) return false
    records.delete(key)
    if (record.indexKey !== undefined && indexes.get(record.indexKey) === key) {
      indexes.delete(record.indexKey)
    }
    return true
  }

  const live = (key: string): StoredRecord | undefined => {
    const record = records.get(key)
    if (!record || record.expiresAt > now()) return record
    remove(key)
    return undefined
  }

  const room = createRoom({ records, live, remove, maxRecords, now })

  return {
    now,
    live,
    remove,
    put(key, record) {
      if (records.size >= maxRecords && !records.has(key)) room.make()
      remove(key)
      records.set(key, record)
      if (record.indexKey !== undefined) indexes.set(record.indexKey, key)
    },
    byIndex(indexKey) {
      const key = indexes.get(indexKey)
      return key === undefined ? undefined : live(key)
    },
    consume(record) {
      record.consumed = now()
      room.mayHaveGrown()
    },
    keys: () => records.keys(),
  }
}

interface Room {
  /** @throws {@link MemoryFullError} */
  make(): void
  /** Something was consumed, so there may be room again. */
  mayHaveGrown(): void
}

/** Makes room in a full memory: removes what has expired, then consumed records, up to a tenth of the memory. */
function createRoom({
  records,
  live,
  remove,
  maxRecords,
  now,
}: Pick<Space, 'live' | 'remove' | 'now'> & {
  readonly records: ReadonlyMap<string, StoredRecord>
  readonly maxRecords: number
}): Room {
  // If a stranger fills the memory, not every request may search all of it for room.
  let fullUntil = 0
  return {
    make() {
      if (now() >= fullUntil) {
        let nextExpiry = Infinity
        for (const [key, { expiresAt }] of records) {
          if (live(key)) nextExpiry = Math.min(nextExpiry, expiresAt)
        }
        for (const [key, { consumed }] of records) {
          if (records.size < maxRecords * 0.9) break
          if (consumed !== undefined) remove(key)
        }
        if (records.size >= maxRecords) fullUntil = nextExpiry
      }
      if (records.size < maxRecords) return
      throw new MemoryFullError(`memory storage holds ${maxRecords} records that are still valid`)
    },
    mayHaveGrown() {
      fullUntil = 0
    },
  }
}
