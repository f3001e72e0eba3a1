import type { RecordStorage, StoredPayload } from '../../lib/storage.ts'
import { createAttempt, isOne } from './commands.ts'
import { createPlaces, toMilliseconds, type StoreParts } from './places.ts'
import {
  consumeScript,
  destroyScript,
  findScript,
  insertScript,
  replaceScript,
  upsertScript,
} from './record-scripts.ts'
import type { Script } from './script.ts'
import { openPayload, sealPayload } from './storage-keys.ts'

/**
 * Records of one model: a Redis hash each, and one more that leads there by a second id.
 *
 * @param toName - what a record is called whatever the keys are; left out, it has a name under each of them
 */
export function createRecordStorage(
  parts: StoreParts,
  model: string,
  toName?: (id: string) => string,
): RecordStorage {
  const { commands, keys } = parts
  const places = createPlaces(parts, kebabCase(model), toName)
  const pointers = createPointers(parts, kebabCase(model))

  const find = (id: string): Promise<StoredPayload | undefined> =>
    places.first(id, async (key) => {
      const [sealed, consumed] = await commands.run(findScript, key)
      if (!sealed) return undefined
      const payload = openPayload(keys, key, sealed as Buffer, id)
      return consumed ? { ...payload, consumed: Number(consumed) } : payload
    })
  const isDone = async (script: Script, id: string, ...args: readonly string[]): Promise<boolean> =>
    (await places.first(id, async (key) => {
      return isOne(await commands.run(script, key, createAttempt(), ...args)) || undefined
    })) ?? false
  return {
    find,
    findByUid: (uid) => findBySecond(pointers, find, 'uid', uid),
    findByUserCode: (userCode) => findBySecond(pointers, find, 'userCode', userCode),
    async upsert(id, payload, lifetime) {
      const life = toLife(lifetime)
      const { version = '' } = payload
      const second = payload.uid ?? payload.userCode
      const write = (key: string, only: 0 | 1): Promise<readonly unknown[]> =>
        commands.run(upsertScript, key, sealPayload(keys, key, id, payload), life, only, version)
      const remove = (key: string): Promise<unknown> =>
        commands.run(destroyScript, key, createAttempt(), '')
      const written = life === '' ? places.move(id, write, remove) : places.write(id, write)
      await Promise.all([written, second !== undefined && pointers.set(second, id, life)])
    },
    insert: (id, payload, lifetime) =>
      places.takeAll(id, async (key) => {
        const args = [
          sealPayload(keys, key, id, payload),
          toLife(lifetime),
          createAttempt(),
          payload.version ?? '',
        ]
        return isOne(await commands.run(insertScript, key, ...args))
      }),
    consume: (id) => isDone(consumeScript, id),
    // A session follows an interaction, and a code.
    ...notListed,
    destroy: (id, version = '') =>
      isDone(model === 'Interaction' ? replaceScript : destroyScript, id, version),
  }
}

/** Methods for clients only, which have a place of their own. */
const notListed: Pick<RecordStorage, 'swap' | 'ids'> = {
  swap: async () => false,
  ids: async () => [],
}

async function findBySecond(
  pointers: Pointers,
  find: RecordStorage['find'],
  member: 'uid' | 'userCode',
  value: string,
): Promise<StoredPayload | undefined> {
  const id = await pointers.find(value)
  const payload = id === undefined ? undefined : await find(id)
  // The record may have got another second id since.
  return payload?.[member] === value ? payload : undefined
}

interface Pointers {
  find(second: string): Promise<string | undefined>
  set(second: string, id: string, life: number | ''): Promise<void>
}

/** From second ids to ids. They are left to expire: an id that leads nowhere does no harm. */
function createPointers(parts: StoreParts, kind: string): Pointers {
  const { commands, keys } = parts
  const places = createPlaces(parts, `${kind}-by-second-id`)
  return {
    find: (second) =>
      places.first(second, async (key) => {
        const [sealed] = await commands.run(findScript, key)
        return sealed ? keys.open(key, sealed as Buffer) : undefined
      }),
    set: (second, id, life) =>
      places.write(second, (key, only) =>
        commands.run(upsertScript, key, keys.seal(key, id), life, only, ''),
      ),
  }
}

/** A lifetime as the scripts of records take it. */
export const toLife = (lifetime: number | undefined): number | '' =>
  lifetime === undefined ? '' : toMilliseconds(lifetime)

/** A model in the name of a key. */
export const kebabCase = (model: string): string =>
  model.replaceAll(/(?<=[a-z])[A-Z]/g, '-$&').toLowerCase()
