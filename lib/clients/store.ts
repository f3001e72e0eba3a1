import { ProtocolError, UnknownClientError } from '../errors.ts'
import type { RecordStorage, Storage } from '../storage.ts'
import { createNameClaim, createNameIndex, type NameIndex } from './name-index.ts'
import type { ClientMetadata } from './members.ts'
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
export type Edit = (record: ClientRecord, now: number) => ClientRecord

/** Reads and changes clients, and with them who has which name. No change by another process is lost. */
export interface ClientStore {
  read(clientId: string): Promise<ClientRecord | undefined>
  /**
   * Stores a new client.
   *
   * @param beforeStored - runs last, when the names are reserved. If it throws, nothing was done
   * @throws {@link ClientMetadataError} if another client has one of its names
   */
  insert(client: StoredClient, beforeStored?: () => Promise<void>): Promise<void>
  /**
   * Reads, edits and stores a client, and begins anew if another change was faster. Reserves its names if it gets other metadata.
   *
   * @throws {@link UnknownClientError}; {@link ClientMetadataError} if another client has one of its names; what the edit throws
   */
  change(clientId: string, edit: Edit): Promise<ClientRecord>
  /**
   * Removes a client as it was read last, with its names.
   *
   * @param check - gets the client each time that it was read. If it throws, the client stays
   * @returns whether this call removed it
   */
  remove(clientId: string, check: (record: ClientRecord) => void): Promise<boolean>
}

/** How often a change is tried: each time, at least one other change came through. */
const attempts = 100

/** Tries with the client as it is, until `act` returns something or the client is gone. */
async function untilDone<T>(
  read: () => Promise<ClientRecord | undefined>,
  act: (record: ClientRecord) => Promise<T | undefined>,
): Promise<T | undefined> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const record = await read()
    if (!record) return undefined
    const result = await act(record)
    if (result !== undefined) return result
  }
  throw new Error('others kept changing this client')
}

/**
 * Makes the store of the clients in a storage.
 *
 * @param others - clients that are not stored, and have names
 */
export function createClientStore(
  storage: Storage,
  secrets: ClientSecrets,
  others: readonly ClientMetadata[],
): ClientStore {
  const records = storage.records('Client')
  const names = createNameIndex(storage, others)
  const read = async (clientId: string): Promise<ClientRecord | undefined> => {
    const payload = await records.find(clientId)
    return payload && toClientRecord(payload, secrets)
  }
  const swap = (client: StoredClient, version: string | undefined): Promise<boolean> =>
    records.swap(client.metadata.client_id, toPayload(client), version, lifetimeOf(client))
  return {
    read,
    async insert(client, beforeStored) {
      const { client_id: id } = client.metadata
      const claim = createNameClaim(names, id)
      try {
        await claim.reserve(client)
        await beforeStored?.()
      } catch (error) {
        await claim.settle()
        throw error
      }
      // If this fails, the client may be stored or not: its names wait for it.
      const isNew = await records.insert(id, toPayload(client), lifetimeOf(client))
      if (!isNew) throw new Error('this id is taken')
    },
    change: createChange(names, read, swap),
    async remove(clientId, check) {
      const claim = createNameClaim(names, clientId)
      const isRemoved = await untilDone(
        () => read(clientId),
        async (record) => {
          check(record)
          await claim.reserve(undefined, record)
          return (await records.destroy(clientId, record.version)) || undefined
        },
      )
      await claim.settle()
      return isRemoved === true
    },
  }
}

function createChange(
  names: NameIndex,
  read: ClientStore['read'],
  swap: (client: StoredClient, version: string | undefined) => Promise<boolean>,
): ClientStore['change'] {
  return async (clientId, edit) => {
    const claim = createNameClaim(names, clientId)
    const readIt = (): Promise<ClientRecord | undefined> => read(clientId)
    // Stores the client as it is, so that another change at the same time, which may need a name given back, begins anew.
    const abandon = async (): Promise<void> =>
      claim.settle(
        await untilDone(readIt, async (record) =>
          (await swap(record, record.version)) ? record : undefined,
        ),
      )
    const prepare = async (record: ClientRecord, now: number): Promise<ClientRecord> => {
      try {
        const edited = edit(record, now)
        if (edited.metadata !== record.metadata) await claim.reserve(edited, record)
        return edited
      } catch (error) {
        if (claim.isPending()) await abandon()
        throw error
      }
    }
    const changed = await untilDone(readIt, async (record) => {
      const now = Date.now()
      const edited = await prepare(record, now)
      if (edited === record) return record
      const { metadata, registration } = edited
      const next = { metadata, registration: { ...registration, updatedAt: now } }
      return (await swap(next, record.version)) ? { ...next, version: record.version } : undefined
    })
    await claim.settle(changed)
    if (!changed) throw new UnknownClientError()
    return changed
  }
}

/**
 * Makes the function that keeps a client for ever, before a person grants it something for the first time.
 *
 * @param cached - the same records with a cache: a client never gets an end back that it has lost
 * @param others - clients that are not stored, and have no end
 * @throws `invalid_client` if the client has ended
 */
export function createClientKeeping(
  cached: RecordStorage,
  store: ClientStore,
  others: readonly ClientMetadata[],
): (clientId: string) => Promise<void> {
  const endless = new Set(others.map(({ client_id: id }) => id))
  const keep: Edit = (record) => {
    const { endsAt: _, ...registration } = record.registration
    return { ...record, registration }
  }
  return async (clientId) => {
    if (endless.has(clientId)) return
    if (registrationOf(await cached.find(clientId))?.endsAt === undefined) return
    await store.change(clientId, keep).catch((error: unknown) => {
      if (error instanceof UnknownClientError) {
        throw new ProtocolError('invalid_client', 'client not found')
      }
      throw error
    })
  }
}
