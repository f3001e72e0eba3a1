import { randomUUID } from 'node:crypto'
import { SigningKeyError } from '../errors.ts'
import type { RecordStorage } from '../storage.ts'
import type { KeySchedule } from './schedule.ts'

/** A schedule as one read of it. */
export interface StoredSchedule extends KeySchedule {
  readonly version: string
}

/** The one record of signing keys. */
export interface KeyStore {
  read(): Promise<StoredSchedule | undefined>
  /** Stores it where there is none. Resolves to the one there is. */
  create(schedule: KeySchedule): Promise<StoredSchedule>
  /** Stores it in place of what was read. Resolves to whether that was so still. */
  swap(schedule: KeySchedule, read: StoredSchedule): Promise<boolean>
}

const id = 'current'

/** Makes a store of the one record. */
export function createKeyStore(records: RecordStorage): KeyStore {
  const read: KeyStore['read'] = async () => {
    const payload: unknown = await records.find(id)
    return payload as StoredSchedule | undefined
  }
  return {
    read,
    async create(schedule) {
      const stored = withVersion(schedule)
      if (await records.insert(id, stored)) return stored
      const found = await read()
      if (found) return found
      throw new Error('the signing keys were removed while they were read')
    },
    swap: (schedule, { version }) => records.swap(id, withVersion(schedule), version),
  }
}

const withVersion = ({
  keys,
  announcement,
  retirement,
  givenUpAt,
}: KeySchedule): StoredSchedule & Readonly<Record<string, unknown>> => ({
  keys,
  announcement,
  retirement,
  ...(givenUpAt !== undefined && { givenUpAt }),
  version: randomUUID(),
})

/** Why there is nothing to rotate. */
export const noStoredKeys =
  'there are no signing keys in the storage: a server with signingKeys: "stored" makes the first one at its first use'

/** How often it is tried: each time, somebody else changed it meanwhile. */
const attempts = 100

/**
 * Reads, edits and stores, again where somebody was faster.
 *
 * @throws {@link SigningKeyError} where there is nothing to edit, and what the edit throws
 */
export async function changeSchedule(
  store: KeyStore,
  edit: (schedule: KeySchedule, now: number) => KeySchedule,
): Promise<KeySchedule> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const found = await store.read()
    if (!found) throw new SigningKeyError('no_stored_keys', noStoredKeys)
    const edited = edit(found, Date.now())
    if (await store.swap(edited, found)) return edited
  }
  throw new Error('others kept changing the signing keys')
}
