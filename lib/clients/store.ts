import { ProtocolError, UnknownClientError } from '../errors.ts'
import type { RecordStorage } from '../storage.ts'
import type { ClientSecrets } from './secrets.ts'
import {
  lifetimeOf,
  registrationOf,
  toClientRecord,
  toPayload,
  type ClientRecord,
  type StoredClient,
} from './stored-client.ts'

/** Returns a client as it is to be; the same object for no change. */
export type Edit = (record: ClientRecord, now: number) => Promise<ClientRecord> | ClientRecord

/** Reads and changes clients one at a time, so that no change by another process is lost. */
export interface ClientStore {
  read(clientId: string): Promise<ClientRecord | undefined>
  insert(client: StoredClient): Promise<void>
  /**
   * Reads, edits and stores a client, and begins anew if another change was faster.
   *
   * @throws {@link UnknownClientError}, and what the edit throws
   */
  change(clientId: string, edit: Edit): Promise<ClientRecord>
  /** Stores a client as it is, so that every change that began before begins anew. Returns undefined if it is gone. */
  touch(clientId: string): Promise<ClientRecord | undefined>
  /**
   * Removes a client as it was read last.
   *
   * @param before - gets the client each time that it was read
   * @returns whether this call removed it
   */
  remove(clientId: string, before: (record: ClientRecord) => Promise<void>): Promise<boolean>
}

/** How often a change is tried: each time, at least one other change came through. */
const attempts = 100

/** Tries with the client as it is, until `act` returns something or the client is gone. */
async function untilDone<T>(
  read: ClientStore['read'],
  clientId: string,
  act: (record: ClientRecord) => Promise<T | undefined>,
): Promise<T | undefined> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const record = await read(clientId)
    if (!record) return undefined
    const result = await act(record)
    if (result !== undefined) return result
  }
  throw new Error('others kept changing this client')
}

/** Makes a store of the records of clients. */
export function createClientStore(records: RecordStorage, secrets: ClientSecrets): ClientStore {
  const read = async (clientId: string): Promise<ClientRecord | undefined> => {
    const payload = await records.find(clientId)
    return payload && toClientRecord(payload, secrets)
  }
  const swap = (client: StoredClient, version: string | undefined): Promise<boolean> =>
    records.swap(client.metadata.client_id, toPayload(client), version, lifetimeOf(client))
  return {
    read,
    async insert(client) {
      const { client_id: id } = client.metadata
      const isNew = await records.insert(id, toPayload(client), lifetimeOf(client))
      if (!isNew) throw new Error('this id is taken')
    },
    async change(clientId, edit) {
      const changed = await untilDone(read, clientId, async (record) => {
        const now = Date.now()
        const edited = await edit(record, now)
        if (edited === record) return record
        const { metadata, registration } = edited
        const next = { metadata, registration: { ...registration, updatedAt: now } }
        const { version } = record
        return (await swap(next, version)) ? { ...next, version } : undefined
      })
      if (!changed) throw new UnknownClientError()
      return changed
    },
    touch: (clientId) =>
      untilDone(read, clientId, async (record) =>
        (await swap(record, record.version)) ? record : undefined,
      ),
    async remove(clientId, before) {
      const isRemoved = await untilDone(read, clientId, async (record) => {
        await before(record)
        return (await records.destroy(clientId, record.version)) || undefined
      })
      return isRemoved === true
    },
  }
}

/**
 * Makes the function that keeps a client for ever, before a person grants it something for the first time.
 *
 * @param cached - the same records with a cache: a client never gets an end back that it has lost
 * @throws `invalid_client` if the client has ended
 */
export function createClientKeeping(
  cached: RecordStorage,
  store: ClientStore,
): (clientId: string) => Promise<void> {
  const keep: Edit = (record) => {
    const { endsAt: _, ...registration } = record.registration
    return { ...record, registration }
  }
  return async (clientId) => {
    if (registrationOf(await cached.find(clientId))?.endsAt === undefined) return
    await store.change(clientId, keep).catch((error: unknown) => {
      if (error instanceof UnknownClientError) {
        throw new ProtocolError('invalid_client', 'client not found')
      }
      throw error
    })
  }
}
