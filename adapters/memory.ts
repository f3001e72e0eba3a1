import type { Storage, StorageAdapter, StoredPayload } from '../lib/storage.ts'
import { createSpace, type Space, type StoredRecord } from './memory-space.ts'

export { MemoryFullError } from './memory-space.ts'

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

function createModelStorage(space: Space, model: string): StorageAdapter {
  const keyOf = (id: string): string => `${model}:${id}`
  const store = (id: string, payload: StoredPayload, lifetime?: number): void => {
    const second = payload.uid ?? payload.userCode
    const key = keyOf(id)
    space.put(key, {
      // A copy, as any other storage gives: nobody changes a record by keeping hold of it.
      payload: copyOf(payload),
      grantKey: payload.grantId === undefined ? undefined : grantKeyOf(model, payload.grantId),
      indexKey: second === undefined ? undefined : `${model}#${second}`,
      expiresAt: lifetime === undefined ? Infinity : space.now() + lifetime * 1000,
      consumed: space.live(key)?.consumed,
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
