import { createHash } from 'node:crypto'
import type { RecordStorage } from '../../lib/storage.ts'
import { keepScript, keepUntilScript, keptScript, unindexScript } from './index-scripts.ts'
import { toMilliseconds, type StoreParts } from './places.ts'
import { createSwappedRecords } from './swapped-records.ts'

/** How much longer a client is listed than it is there, in milliseconds. */
const margin = 60_000

/**
 * Clients: records that are changed by several processes, and listed. Their ids are no secrets, so each has one place
 * whatever the keys are: processes in the middle of a key rotation decide at the same one who was first.
 */
export function createClientRecords(parts: StoreParts): RecordStorage {
  const { commands, prefix } = parts
  const records = createSwappedRecords(parts, 'Client', hashed('client'))
  // Before a client is there, and until it is there no more, so that none is missing in it.
  const index = `${prefix}client-ids`
  const list = (id: string, lifetime?: number): Promise<unknown> =>
    lifetime === undefined
      ? commands.run(keepScript, index, id)
      : commands.run(keepUntilScript, index, toMilliseconds(lifetime) + margin, id)
  return {
    ...records,
    async upsert(id, payload, lifetime) {
      await list(id, lifetime)
      await records.upsert(id, payload, lifetime)
    },
    async insert(id, payload, lifetime) {
      await list(id, lifetime)
      return records.insert(id, payload, lifetime)
    },
    async swap(id, payload, from, lifetime) {
      // Its entry may have an end: the record must not outlive it.
      await list(id, lifetime)
      return records.swap(id, payload, from, lifetime)
    },
    async destroy(id, version) {
      const isDone = await records.destroy(id, version)
      // In another version it is there still.
      if (isDone || version === undefined) await commands.run(unindexScript, index, id)
      return isDone
    },
    async ids() {
      const [found] = await commands.run(keptScript, index)
      return (found as readonly Buffer[]).map(String)
    },
  }
}

/**
 * Names of clients, by how they look. People read names, so they are not secret. Each has one place, which does not depend on
 * the keys.
 */
export const createClientNameRecords = (parts: StoreParts): RecordStorage =>
  createSwappedRecords(parts, 'ClientName', hashed('client-name'))

const hashed =
  (kind: string) =>
  (id: string): string =>
    createHash('sha256').update(`${kind}:${id}`).digest('base64url').slice(0, 22)
