import type { Storage, StorageAdapter, StoredPayload } from '../lib/storage.ts'

/** What {@link createMemoryAdapter} takes. */
export interface MemoryAdapterOptions {
  /**
   * How many records are kept at most, over all models. What has expired makes room, then what was
   * consumed, whose replay is then refused without ending the grant. What is still valid is never
   * dropped: a full memory refuses new records with an error.
   *
   * @defaultValue 100 000
   */
  readonly maxRecords?: number
  /** The clock, in milliseconds since the epoch. @defaultValue `Date.now` */
  readonly now?: () => number
}

interface StoredRecord {
  readonly payload: StoredPayload
  /** Model and grant, so that ending one kind of token does not walk over the others. */
  readonly grantKey: string | undefined
  readonly indexKey: string | undefined
  readonly expiresAt: number
  consumed?: number
}

/** The error of a memory that is full of records which are still valid. */
export class MemoryFullError extends Error {
  override readonly name = 'MemoryFullError'
}

/**
 * Storage in the memory of this process: for development, tests and single short-lived processes.
 * It is the reference for what `lib/storage.ts` asks of an adapter.
 *
 * Every method does its work in one synchronous step, so that none can run between two halves of
 * another.
 */
export function createMemoryAdapter(options: MemoryAdapterOptions = {}): Storage {
  const space = createSpace(options.maxRecords ?? 100_000, options.now ?? Date.now)
  const adapters = new Map<string, StorageAdapter>()
  return (model) => {
    const existing = adapters.get(model)
    if (existing) return existing
    const adapter = createModelStorage(space, model)
    adapters.set(model, adapter)
    return adapter
  }
}

interface Space {
  readonly now: () => number
  live(key: string): StoredRecord | undefined
  put(key: string, record: StoredRecord): void
  remove(key: string): boolean
  byIndex(indexKey: string): StoredRecord | undefined
  removeOfGrant(grantKey: string): void
  consume(record: StoredRecord): void
}

function createSpace(maxRecords: number, now: () => number): Space {
  const records = new Map<string, StoredRecord>()
  const indexes = new Map<string, string>()
  const grants = createGrantIndex()

  const remove = (key: string): boolean => {
    const record = records.get(key)
    if (!record) return false
    records.delete(key)
    if (record.indexKey !== undefined && indexes.get(record.indexKey) === key) {
      indexes.delete(record.indexKey)
    }
    grants.remove(record.grantKey, key)
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
      grants.add(record.grantKey, key)
    },
    byIndex(indexKey) {
      const key = indexes.get(indexKey)
      return key === undefined ? undefined : live(key)
    },
    consume(record) {
      record.consumed = now()
      room.mayHaveGrown()
    },
    removeOfGrant(grantKey) {
      for (const key of grants.keysOf(grantKey)) remove(key)
    },
  }
}

interface Room {
  /** @throws {@link MemoryFullError} */
  make(): void
  /** Something was consumed, so there may be room again. */
  mayHaveGrown(): void
}

/** Makes room in a full memory: by what has expired, then by up to a tenth of it that was consumed. */
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
  // Whoever fills the memory must not make every request walk over it in vain.
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

interface GrantIndex {
  add(grantKey: string | undefined, key: string): void
  remove(grantKey: string | undefined, key: string): void
  keysOf(grantKey: string): Iterable<string>
}

function createGrantIndex(): GrantIndex {
  const grants = new Map<string, Set<string>>()
  return {
    add(grantKey, key) {
      if (grantKey === undefined) return
      const keys = grants.get(grantKey)
      if (keys) keys.add(key)
      else grants.set(grantKey, new Set([key]))
    },
    remove(grantKey, key) {
      const keys = grants.get(grantKey ?? '')
      if (keys?.delete(key) && keys.size === 0) grants.delete(grantKey ?? '')
    },
    keysOf: (grantKey) => grants.get(grantKey) ?? [],
  }
}

function createModelStorage(space: Space, model: string): StorageAdapter {
  const keyOf = (id: string): string => `${model}:${id}`
  const store = (id: string, payload: StoredPayload, lifetime?: number): void => {
    const second = payload.uid ?? payload.userCode
    const consumed = space.live(keyOf(id))?.consumed
    space.put(keyOf(id), {
      // A copy, as any other storage gives: nobody changes a record by keeping hold of it.
      payload: copyOf(payload),
      grantKey: payload.grantId === undefined ? undefined : grantKeyOf(model, payload.grantId),
      indexKey: second === undefined ? undefined : `${model}#${second}`,
      expiresAt: lifetime === undefined ? Infinity : space.now() + lifetime * 1000,
      ...(consumed === undefined ? {} : { consumed }),
    })
  }
  const read = (record: StoredRecord | undefined): StoredPayload | undefined => {
    if (!record) return undefined
    const payload = copyOf(record.payload)
    return record.consumed === undefined ? payload : { ...payload, consumed: record.consumed }
  }

  return {
    upsert: async (id, payload, lifetime) => store(id, payload, lifetime),
    insert: async (id, payload, lifetime) => {
      if (space.live(keyOf(id))) return false
      store(id, payload, lifetime)
      return true
    },
    find: async (id) => read(space.live(keyOf(id))),
    findByUid: async (uid) => read(space.byIndex(`${model}#${uid}`)),
    findByUserCode: async (userCode) => read(space.byIndex(`${model}#${userCode}`)),
    consume: async (id) => {
      const record = space.live(keyOf(id))
      if (!record || record.consumed !== undefined) return false
      space.consume(record)
      const { grantId } = record.payload
      if (model === 'RefreshToken' && grantId !== undefined) {
        space.removeOfGrant(grantKeyOf('AccessToken', grantId))
      }
      return true
    },
    destroy: async (id) => Boolean(space.live(keyOf(id))) && space.remove(keyOf(id)),
    revokeByGrantId: async (grantId) => space.removeOfGrant(grantKeyOf(model, grantId)),
  }
}

const grantKeyOf = (model: string, grantId: string): string => `${model}:${grantId}`

/** A copy of plain JSON, several times as fast as writing and reading it. */
function copyOf<T extends object>(value: T): T
function copyOf(value: object): object {
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
