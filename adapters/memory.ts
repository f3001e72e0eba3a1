import { hkdfSync, randomBytes } from 'node:crypto'
import type { RecordStorage, Storage, StoredPayload } from '../lib/storage.ts'
import { copyOf, createSpace, type Space, type StoredRecord } from './memory/space.ts'
import { createGrantStorage } from './memory/grants.ts'
import { createMemoryLimiter } from './memory/limiter.ts'
export { MemoryFullError } from './memory/space.ts'

/** The options of {@link createMemoryAdapter}. */
export interface MemoryAdapterOptions {
  /**
   * The most records over all models. A grant with its code and tokens counts as one. Expired records make room first, then
   * consumed ones, which are unknown afterwards. Valid records are never dropped: a full memory refuses new records with an error.
   *
   * @defaultValue 100 000
   */
  readonly maxRecords?: number
  /** The clock, in milliseconds since the epoch. @defaultValue `Date.now` */
  readonly now?: () => number
}

/** Storage in memory. */
export interface MemoryStorage extends Storage {
  readonly limiter: NonNullable<Storage['limiter']>
}

/**
 * Storage in the memory of this process: for development, tests and single short-lived processes.
 * It is the reference for what `lib/storage.ts` asks of an adapter.
 *
 * Every method does its work in one synchronous step, so that none can run between two halves of
 * another.
 */
export function createMemoryAdapter(options: MemoryAdapterOptions = {}): MemoryStorage {
  const now = options.now ?? (() => Date.now())
  const space = createSpace(options.maxRecords ?? 100_000, now)
  const secret = randomBytes(32)
  const listeners = new Set<(clientId: string) => void>()
  const models = new Map<string, RecordStorage>()
  const onChange = (model: string, id: string): void => {
    if (model === 'Client') listeners.forEach((listener) => listener(id))
  }
  return {
    grants: createGrantStorage(space),
    onClientChange: (listener) => void listeners.add(listener),
    records(model) {
      const existing =
        models.get(model) ?? createRecordStorage(space, model, (id) => onChange(model, id))
      models.set(model, existing)
      return existing
    },
    deriveKeys: (purpose) => [new Uint8Array(hkdfSync('sha256', secret, '', purpose, 32))],
    limiter: createMemoryLimiter(now),
  }
}

function createRecordStorage(
  space: Space,
  model: string,
  onChange: (id: string) => void,
): RecordStorage {
  const keyOf = (id: string): string => `${model}:${id}`
  const store = (id: string, payload: StoredPayload, lifetime?: number): void => {
    const second = payload.uid ?? payload.userCode
    const key = keyOf(id)
    space.put(key, {
      // A copy, as any other storage gives: nobody changes a record by keeping hold of it.
      content: copyOf(payload),
      indexKey: second === undefined ? undefined : `${model}#${second}`,
      expiresAt: lifetime === undefined ? Infinity : space.now() + lifetime * 1000,
      consumed: space.live(key)?.consumed,
    })
  }
  const change = (id: string, payload: StoredPayload, lifetime?: number): true => {
    store(id, payload, lifetime)
    onChange(id)
    return true
  }
  return {
    upsert: async (id, payload, lifetime) => void change(id, payload, lifetime),
    insert: async (id, payload, lifetime) =>
      !space.live(keyOf(id)) && change(id, payload, lifetime),
    swap: async (id, payload, from, lifetime) => {
      const { version } = (space.live(keyOf(id))?.content ?? { version: null }) as StoredPayload
      return version === payload.version || (version === from && change(id, payload, lifetime))
    },
    ids: async () =>
      [...space.keys()]
        .filter((key) => key.startsWith(keyOf('')) && space.live(key))
        .map((key) => key.slice(keyOf('').length)),
    find: async (id) => read(space.live(keyOf(id))),
    findByUid: async (uid) => read(space.byIndex(`${model}#${uid}`)),
    findByUserCode: async (userCode) => read(space.byIndex(`${model}#${userCode}`)),
    consume: async (id) => {
      const record = space.live(keyOf(id))
      if (!record || record.consumed !== undefined) return false
      space.consume(record)
      return true
    },
    destroy: async (id, version) => {
      const isDone = isIn(version, space.live(keyOf(id))) && space.remove(keyOf(id))
      onChange(id)
      return isDone
    },
  }
}

/** Whether a record exists, and has the version if one is given. */
const isIn = (version: string | undefined, record: StoredRecord | undefined): boolean =>
  record !== undefined &&
  (version === undefined || (record.content as StoredPayload).version === version)

function read(record: StoredRecord | undefined): StoredPayload | undefined {
  if (!record) return undefined
  const payload = copyOf(record.content as StoredPayload)
  return record.consumed === undefined ? payload : { ...payload, consumed: record.consumed }
}
