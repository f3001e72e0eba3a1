import { createHash } from 'node:crypto'
import type {
  StoredGrant,
  GrantStorage,
  ListedGrant,
  LoadedGrant,
  StoredPayload,
} from '../../lib/storage.ts'
import { createAttempt, isOne } from './commands.ts'
import { exchangeAt, letters, sealToken, successorName, type GrantParts } from './exchange.ts'
import {
  addScript,
  describeScript,
  endScript,
  loadScript,
  noteUseScript,
  removeScript,
  resealScript,
  saveScript,
} from './grant-scripts.ts'
import { createGrantIndexes, type GrantIndexes } from './indexes.ts'
import { toFields, toLoadedGrant, tokenNames, type GrantFields } from './loaded-grant.ts'
import { createPlaces, toMilliseconds, type Places } from './places.ts'
import { openPayload, sealPayload } from './sealed-json.ts'
import type { StorageKeys } from './storage-keys.ts'

/** Grants: a Redis hash each, with all that belongs to it, and two indexes by which they are ended. */
export function createGrantStorage(parts: GrantParts): GrantStorage {
  const { commands, keys, undoing } = parts
  const places = createPlaces(parts, 'grant', nameOfGrant)
  const indexes = createGrantIndexes(parts)
  const reseal = createReseal(parts, indexes)

  return {
    async save(grantId, payload, lifetime) {
      const life = toMilliseconds(lifetime)
      await places.write(grantId, async (key) => {
        // First, so that no grant is ever without: one that nobody finds could not be ended.
        const names = await indexes.add(key, payload, life)
        return commands.run(saveScript, key, sealGrant(keys, key, payload), life, ...names)
      })
    },
    load: (grantId) =>
      places.first(grantId, async (key) => {
        await undoing.settle(key)
        const [now, answer] = await commands.runWithTime(loadScript, key)
        const fields = toFields(answer as Buffer[])
        const loaded = toLoadedGrant(keys, { key, now, fields })
        if (loaded) reseal(key, fields, loaded)
        return loaded
      }),
    add: async (grantId, kind, token) =>
      (await places.first(grantId, async (key) => {
        const [name] = tokenNames(keys, kind, token.id)
        const life = toMilliseconds(token.lifetime)
        const sealed = sealToken(keys, key, kind, token)
        const successor = successorName(keys, token)
        const args = [letters[kind], name, sealed, life, successor, keys.ids[0]]
        return isOne(await commands.run(addScript, key, ...args)) || undefined
      })) ?? false,
    exchange: async (grantId, exchange) =>
      (await places.first(grantId, async (key) => {
        const result = await exchangeAt(parts, key, exchange)
        return result === 'gone' ? undefined : result
      })) ?? 'gone',
    async noteUse(grantId, generation) {
      await places.first(grantId, (key) => commands.run(noteUseScript, key, generation))
    },
    async remove(grantId, kind, id) {
      const names = id === undefined ? '' : tokenNames(keys, kind, id).join(',')
      await places.first(grantId, (key) => commands.run(removeScript, key, letters[kind], names))
    },
    ...createListAndEnds(parts, places, indexes),
  }
}

/**
 * The name of a grant. Its id is 132 random bits, so a plain hash hides it as well as a keyed one, and
 * the grant keeps its place when keys are rotated.
 */
const nameOfGrant = (grantId: string): string =>
  createHash('sha256').update(`grant ${grantId}`).digest().subarray(0, 16).toString('base64url')

/** With its id: a list of grants must say it, and it is no credential. */
const sealGrant = (keys: StorageKeys, key: string, payload: StoredPayload): Buffer =>
  sealPayload(keys, `${key}/g`, '', payload)

type Reseal = (key: string, fields: GrantFields, loaded: LoadedGrant) => void

/**
 * Seals a grant anew that was sealed with an older key, and enters it into the indexes under the newest
 * one: after its next refresh, it needs the older key no more.
 */
function createReseal({ commands, keys }: GrantParts, indexes: GrantIndexes): Reseal {
  const run = async (
    key: string,
    fields: GrantFields,
    { payload, now }: LoadedGrant,
  ): Promise<void> => {
    const before = fields.get('g') ?? ''
    const life = Math.max(1, Number(fields.get('ge')?.toString()) - now)
    const old = [String(fields.get('ic')), String(fields.get('is'))] as const
    const names = await indexes.add(key, payload, life)
    const sealed = sealGrant(keys, key, payload)
    const isDone = isOne(await commands.run(resealScript, key, before, sealed, ...names))
    if (isDone) await indexes.remove(key, old)
  }
  return (key, fields, loaded) => {
    const sealed = fields.get('g')
    // Nobody waits for it. If it fails, it is done at another time.
    if (sealed && !keys.isFresh(sealed)) void run(key, fields, loaded).catch(() => undefined)
  }
}

/** Lists and ends grants. */
function createListAndEnds(
  { commands, keys }: GrantParts,
  places: Places,
  indexes: GrantIndexes,
): Pick<GrantStorage, 'list' | 'end' | 'endAll'> {
  const open = (key: string, sealed: unknown): StoredGrant => {
    const payload = openPayload(keys, `${key}/g`, sealed as Buffer)
    return { grantId: String(payload['jti']), payload }
  }
  const end = async (key: string): Promise<StoredGrant | undefined> => {
    const [sealed, client, subject] = await commands.run(endScript, key, createAttempt())
    if (!sealed) return undefined
    // Not waited for: what is left in an index names nothing, and leaves it with its time.
    void indexes.remove(key, [String(client), String(subject)]).catch(() => undefined)
    return open(key, sealed)
  }
  const describe = async (key: string): Promise<ListedGrant | undefined> => {
    const [sealed, endsAt, lastUsedAt] = await commands.run(describeScript, key)
    if (!sealed) return undefined
    return {
      ...open(key, sealed),
      endsAt: Number(endsAt),
      lastUsedAt: lastUsedAt ? Number(lastUsedAt) : undefined,
    }
  }
  return {
    list: (of) => indexes.visit(of, describe),
    end: (grantId) => places.first(grantId, end),
    endAll: (of) => indexes.visit(of, end),
  }
}
