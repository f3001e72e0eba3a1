import { errors } from 'oidc-provider'
import { UnknownClientError } from '../errors.ts'
import type { RecordStorage, Storage, StoredPayload } from '../storage.ts'
import { endOf, lifetimeOf, toClientRecord, toPayload, type ClientRecord } from './record.ts'
import type { ClientSecrets } from './secrets.ts'

/** What changes a client: gets it as it is, gives it as it is to be, or as it was for no change. */
export type Edit = (record: ClientRecord, now: number) => Promise<ClientRecord> | ClientRecord

/** Reads and changes clients one at a time, so that no change by another process is lost. */
export interface ClientStore {
  read(clientId: string): Promise<ClientRecord | undefined>
  insert(record: Omit<ClientRecord, 'version'>): Promise<void>
  /**
   * Reads, edits and stores a client, again where somebody was faster.
   *
   * @throws {@link UnknownClientError}, and what the edit throws
   */
  change(clientId: string, edit: Edit): Promise<ClientRecord>
  /** Stores a client as it is, so that every change that began before begins anew. Answers it; undefined where it is gone. */
  touch(clientId: string): Promise<ClientRecord | undefined>
  /**
   * Removes a client as it was read last, and told then.
   *
   * @returns whether this call did it
   */
  remove(clientId: string, tell: (record: ClientRecord) => Promise<void>): Promise<boolean>
}

/** How often it is tried: each time, at least one other change came through. */
const attempts = 100

/** Makes a store of the records of clients. */
export function createClientStore(records: RecordStorage, secrets: ClientSecrets): ClientStore {
  const read = async (clientId: string): Promise<ClientRecord | undefined> => {
    const payload: StoredPayload | undefined = await records.find(clientId)
    return payload && toClientRecord(payload, secrets, Date.now())
  }
  return {
    read,
    async insert(record) {
      const { client_id: id } = record.metadata
      const life = lifetimeOf(record, Date.now())
      if (!(await records.insert(id, toPayload(record), life))) throw new Error('this id is taken')
    },
    async change(clientId, edit) {
      for (let attempt = 0; attempt < attempts; attempt += 1) {
        const record = await read(clientId)
        if (!record) throw new UnknownClientError()
        const now = Date.now()
        const edited = await edit(record, now)
        if (edited === record) return record
        const { metadata } = edited
        const changed = {
          metadata,
          version: record.version,
          registration: { ...edited.registration, updatedAt: now },
        }
        const life = lifetimeOf(changed, now)
        if (await records.swap(clientId, toPayload(changed), record.version, life)) return changed
      }
      throw keptChanging()
    },
    async touch(clientId) {
      for (let attempt = 0; attempt < attempts; attempt += 1) {
        const record = await read(clientId)
        if (!record) return undefined
        const life = lifetimeOf(record, Date.now())
        if (await records.swap(clientId, toPayload(record), record.version, life)) return record
      }
      throw keptChanging()
    },
    async remove(clientId, tell) {
      for (let attempt = 0; attempt < attempts; attempt += 1) {
        const record = await read(clientId)
        if (!record) return false
        await tell(record)
        if (await records.destroy(clientId, record.version)) return true
      }
      throw keptChanging()
    },
  }
}

/**
 * Makes what keeps a client for ever, before it is granted something for the first time. A client that ended by then is granted nothing.
 *
 * @param cached - the same records, as they are kept for a moment: an end that a client has lost does not come back
 */
export function createClientKeeping(
  cached: RecordStorage,
  storage: Storage,
  secrets: ClientSecrets,
): (clientId: string) => Promise<void> {
  const store = createClientStore(storage.records('Client'), secrets)
  const keep: Edit = (record) => {
    const { endsAt: _, ...registration } = record.registration
    return { ...record, registration }
  }
  return async (clientId) => {
    if (endOf(await cached.find(clientId)) === undefined) return
    await store.change(clientId, keep).catch((error: unknown) => {
      if (error instanceof UnknownClientError) throw new errors.InvalidClient('client not found')
      throw error
    })
  }
}

const keptChanging = (): Error => new Error('others kept changing this client')
