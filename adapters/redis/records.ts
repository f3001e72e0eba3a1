import { createHash } from 'node:crypto'
import type { RecordStorage, StoredPayload } from '../../lib/storage.ts'
import { createPlaces, toMilliseconds, type StoreParts } from './places.ts'
import {
  consumeScript,
  destroyScript,
  findScript,
  insertScript,
  replaceScript,
  resealScript,
  swapScript,
  upsertScript,
} from './record-scripts.ts'
import { createAttempt } from './script.ts'
import { openPayload, sealPayload } from './storage-keys.ts'

const hashed =
  (kind: string) =>
  (id: string): string =>
    createHash('sha256').update(`${kind}:${id}`).digest('base64url').slice(0, 22)

/**
 * The names of records whose ids are no secrets, and which several processes change. Each has one place, which does not depend on
 * the keys: processes in the middle of a key rotation decide at the same place who was first.
 */
const fixedNames: ReadonlyMap<string, (id: string) => string> = new Map([
  ['Client', hashed('client')],
  ['ClientName', hashed('client-name')],
  ['Configuration', (id: string) => id],
  ['SigningKeys', (id: string) => id],
])

/** Records of one model: a Redis hash each, and one more that leads there by a second id. */
export function createRecordStorage(parts: StoreParts, model: string): RecordStorage {
  const { commands, keys } = parts
  const places = createPlaces(parts, kebabCase(model), fixedNames.get(model))
  const pointers = createPointers(parts, kebabCase(model))

  const find = (id: string): Promise<StoredPayload | undefined> =>
    places.first(id, async (key) => {
      const [sealed, consumed] = await commands.run(findScript, key)
      if (!sealed) return undefined
      const payload = openPayload(keys, key, sealed as Buffer, id)
      if (model === 'SigningKeys') await reseal(parts, key, id, sealed as Buffer)
      return consumed ? { ...payload, consumed: Number(consumed) } : payload
    })
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
      const remove = (key: string): Promise<readonly unknown[]> =>
        commands.run(destroyScript, key, createAttempt(), '')
      const written = life === '' ? places.move(id, write, remove) : places.write(id, write)
      await Promise.all([written, second !== undefined && pointers.set(second, id, life)])
    },
    insert: (id, payload, lifetime) =>
      places.takeAll(id, (key) => {
        const sealed = sealPayload(keys, key, id, payload)
        const args = [sealed, toLife(lifetime), createAttempt(), payload.version ?? '']
        return commands.run(insertScript, key, ...args)
      }),
    swap: (id, payload, from = '', lifetime) =>
      places.some(id, (key) => {
        const sealed = sealPayload(keys, key, id, payload)
        const args = [sealed, payload.version ?? '', from, toLife(lifetime)]
        return commands.run(swapScript, key, ...args)
      }),
    consume: (id) => places.some(id, (key) => commands.run(consumeScript, key, createAttempt())),
    destroy: (id, version = '') => {
      // After an interaction, a session and a code are stored.
      const script = model === 'Interaction' ? replaceScript : destroyScript
      return places.some(id, (key) => commands.run(script, key, createAttempt(), version))
    },
    // Only clients are listed: clients.ts.
    ids: async () => [],
  }
}

/** Seals the signing keys with the newest storage key if an older one sealed them. They must outlive the older one. */
async function reseal(
  { commands, keys }: StoreParts,
  key: string,
  id: string,
  sealed: Buffer,
): Promise<void> {
  if (keys.isFresh(sealed)) return
  const fresh = sealPayload(keys, key, id, openPayload(keys, key, sealed, id))
  // If it fails, the next read tries again.
  await commands.run(resealScript, key, sealed, fresh).catch(() => undefined)
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

/** From second ids to ids. They expire by themselves: an id that leads nowhere does no harm. */
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
const toLife = (lifetime: number | undefined): number | '' =>
  lifetime === undefined ? '' : toMilliseconds(lifetime)

/** A model in the name of a key. */
const kebabCase = (model: string): string =>
  model.replaceAll(/(?<=[a-z])[A-Z]/g, '-$&').toLowerCase()
