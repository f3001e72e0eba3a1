import { createHash } from 'node:crypto'
import type { RecordStorage } from '../../lib/storage.ts'
import { indexedScript, keepScript, unindexScript } from './index-scripts.ts'
import type { StoreParts } from './places.ts'
import { createSwappedRecords } from './swapped-records.ts'

/**
 * Clients: records that are changed by several processes, and listed. Their ids are no secrets, so each has one place
 * whatever the keys are: processes in the middle of a key rotation decide at the same one who was first.
 */
export function createClientRecords(parts: StoreParts): RecordStorage {
  const { commands, prefix } = parts
  const records = createSwappedRecords(parts, 'Client', hashed('client'))
  // Before a client is there, and until it is there no more, so that none is missing in it.
  const index = `${prefix}client-ids`
  const list = (id: string): Promise<unknown> => commands.run(keepScript, index, id)
  return {
    ...records,
    async upsert(id, payload, lifetime) {
      await list(id)
      await records.upsert(id, payload, lifetime)
    },
    async insert(id, payload, lifetime) {
      await list(id)
      return records.insert(id, payload, lifetime)
    },
    async destroy(id, version) {
      const isDone = await records.destroy(id, version)
      // In another version it is there still.
      if (isDone || version === undefined) await commands.run(unindexScript, index, id)
      return isDone
    },
    async ids() {
      const [found] = await commands.run(indexedScript, index, 0, -1)
      return (found as readonly Buffer[]).map(String)
    },
  }
}

/**
 * What clients are called, by how that looks: people read it, so it is no secret either, and each has one place whatever
 * the keys are.
 */
export const createClientNameRecords = (parts: StoreParts): RecordStorage =>
  createSwappedRecords(parts, 'ClientName', hashed('client-name'))

const hashed =
  (kind: string) =>
  (id: string): string =>
    createHash('sha256').update(`${kind}:${id}`).digest('base64url').slice(0, 22)
