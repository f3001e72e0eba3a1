import type { RecordStorage, StoredPayload } from '../../lib/storage.ts'
import { createAttempt } from './commands.ts'
import { createPlaces, toMilliseconds, type StoreParts } from './places.ts'
import {
  consumeScript,
  destroyScript,
  findScript,
  insertScript,
  upsertScript,
} from './record-scripts.ts'
import type { Script } from './script.ts'
import { openPayload, sealPayload } from './sealed-json.ts'

/** Records of one model: a Redis hash each, and one more that leads there by a second id. */
export function createRecordStorage(parts: StoreParts, model: string): RecordStorage {
  const { commands, keys } = parts
  const places = createPlaces(parts, kebabCase(model))
  const pointers = createPointers(parts, kebabCase(model))

  const find = (id: string): Promise<StoredPayload | undefined> =>
    places.first(id, async (key) => {
      const [sealed, consumed] = await commands.run(findScript, key)
      if (!sealed) return undefined
      const payload = openPayload(keys, key, sealed as Buffer, id)
      return consumed ? { ...payload, consumed: Number(consumed) } : payload
    })
  const isDone = async (script: Script, id: string): Promise<boolean> =>
    (await places.first(id, async (key) => {
      const [done] = await commands.run(script, key, createAttempt())
      return done === 1 || undefined
    })) ?? false
  const findBySecond = async (
    member: 'uid' | 'userCode',
    value: string,
  ): Promise<StoredPayload | undefined> => {
    const id = await pointers.find(value)
    const payload = id === undefined ? undefined : await find(id)
    // The record may have got another second id since.
    return payload?.[member] === value ? payload : undefined
  }

  return {
    find,
    findByUid: (uid) => findBySecond('uid', uid),
    findByUserCode: (userCode) => findBySecond('userCode', userCode),
    async upsert(id, payload, lifetime) {
      const life = lifetime === undefined ? '' : toMilliseconds(lifetime)
      const second = payload.uid ?? payload.userCode
      await Promise.all([
        places.write(id, (key, only) =>
          commands.run(upsertScript, key, sealPayload(keys, key, id, payload), life, only),
        ),
        second !== undefined && pointers.set(second, id, life),
      ])
    },
    async insert(id, payload, lifetime) {
      const [newest, ...older] = places.of(id)
      for (const key of older) if ((await commands.run(findScript, key))[0]) return false
      const sealed = sealPayload(keys, newest, id, payload)
      const args = [sealed, toMilliseconds(lifetime), createAttempt()]
      return (await commands.run(insertScript, newest, ...args))[0] === 1
    },
    consume: (id) => isDone(consumeScript, id),
    destroy: (id) => isDone(destroyScript, id),
  }
}

interface Pointers {
  find(second: string): Promise<string | undefined>
  set(second: string, id: string, life: number | ''): Promise<void>
}

/** From second ids to ids. They are left to expire: one that leads nowhere is as good as none. */
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
        commands.run(upsertScript, key, keys.seal(key, id), life, only),
      ),
  }
}

const kebabCase = (model: string): string =>
  model.replaceAll(/(?<=[a-z])[A-Z]/g, '-$&').toLowerCase()
