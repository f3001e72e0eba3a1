import type { RecordStorage } from '../../lib/storage.ts'
import { isOne } from './commands.ts'
import { createPlaces, type StoreParts } from './places.ts'
import { swapScript } from './record-scripts.ts'
import { createRecordStorage, kebabCase, toLife } from './records.ts'
import { sealPayload } from './storage-keys.ts'

/**
 * Records that are changed by several processes. Each has one place whatever the keys are: processes in the middle of
 * a key rotation decide at the same one who was first.
 */
export function createSwappedRecords(
  parts: StoreParts,
  model: string,
  toName: (id: string) => string,
): RecordStorage {
  const { commands, keys } = parts
  const places = createPlaces(parts, kebabCase(model), toName)
  return {
    ...createRecordStorage(parts, model, toName),
    swap: async (id, payload, from = '', lifetime) =>
      (await places.first(id, async (key) => {
        const sealed = sealPayload(keys, key, id, payload)
        const args = [sealed, payload.version ?? '', from, toLife(lifetime)]
        return isOne(await commands.run(swapScript, key, ...args))
      })) ?? false,
  }
}
