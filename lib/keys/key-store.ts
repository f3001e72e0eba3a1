import { randomUUID } from 'node:crypto'
import { SigningKeyError } from '../errors.ts'
import type { RecordStorage } from '../storage.ts'
import type { KeySchedule } from './schedule.ts'

/** A schedule with the version of its read. */
export interface StoredSchedule extends KeySchedule {
  readonly version: string
}

/** The one record of signing keys. */
export interface KeyStore {
  read(): Promise<StoredSchedule | undefined>
  /** Stores it if the storage has no schedule. Resolves to the schedule in the storage. */
  create(schedule: KeySchedule): Promise<StoredSchedule>
  /** Replaces the schedule that was read. Resolves to `false` if another process changed it meanwhile. */
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

export const noStoredKeys =
  'there are no signing keys in the storage: a server with signingKeys: "stored" makes the first one at its first use'

/** Attempts, if others change the keys at the same time. */
const attempts = 100

/**
 * Reads, edits and stores the schedule. Tries again if another process was faster.
 *
 * @throws {@link SigningKeyError} if the storage has no keys; and the error of `edit`
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
