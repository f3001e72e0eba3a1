import { plainHash } from '../../lib/keys/keyed-hash.ts'
import type { GrantStorage, LoadedGrant, StoredPayload } from '../../lib/storage.ts'
import { isOne } from './commands.ts'
import { createUndoing, exchangeAt, type GrantParts } from './exchange.ts'
import {
  kinds,
  nameOfSuccessor,
  openGrant,
  payloadOf,
  sealToken,
  toFields,
  toNamedFields,
  toLoadedGrant,
  valueOf,
  valuesIn,
  type GrantHash,
} from './grant-hash.ts'
import { createGrantEnds } from './grant-ends.ts'
import { createGrantList, type Described } from './grant-hints.ts'
import { createGrantIndexes, type GrantIndexes } from './grant-indexes.ts'
import {
  addScript,
  describeScript,
  fieldsWithToken,
  loadScript,
  noteUseScript,
  removeScript,
  resealScript,
  saveScript,
} from './grant-scripts.ts'
import { createPlaces, toMilliseconds } from './places.ts'
import { sealPayload, type StorageKeys } from './storage-keys.ts'

/** Grants: a Redis hash each, with all that belongs to it, and two indexes to list and end them. */
export function createGrantStorage(parts: GrantParts): GrantStorage {
  const { commands, keys } = parts
  const undoing = createUndoing(commands)
  const places = createPlaces(parts, 'grant', nameOfGrant)
  const indexes = createGrantIndexes(parts)

  return {
    async save(grantId, payload, lifetime) {
      const life = toMilliseconds(lifetime)
      await places.write(grantId, async (key) => {
        // The indexes come first: a grant that is not in them could not be ended.
        const names = await indexes.add(key, payload, life)
        return commands.run(saveScript, key, sealGrant(keys, key, payload), life, ...names)
      })
    },
    load: (grantId, accessToken) =>
      places.first(grantId, async (key) => {
        if (undoing.pending.has(key)) await undoing.settle(key)
        const hash = await read(parts, key, accessToken)
        const loaded = toLoadedGrant(keys, hash)
        // Nobody waits for it. If it fails, the next load tries again.
        if (loaded) void reseal(parts, indexes, hash, loaded).catch(() => undefined)
        return loaded
      }),
    add: (grantId, kind, token) =>
      places.some(grantId, (key) => {
        const [name] = keys.names(kind, token.id)
        const life = toMilliseconds(token.lifetime)
        const sealed = sealToken(keys, key, kind, name, token)
        const successor = nameOfSuccessor(keys, token)
        const args = [kinds[kind], name, sealed, life, successor, keys.ids[0]]
        return commands.run(addScript, key, ...args)
      }),
    exchange: async (grantId, exchange) =>
      (await places.first(grantId, async (key) => {
        const result = await exchangeAt(parts, undoing, key, exchange)
        return result === 'gone' ? undefined : result
      })) ?? 'gone',
    async noteUse(grantId, generation) {
      await places.first(grantId, (key) => commands.run(noteUseScript, key, generation))
    },
    async remove(grantId, kind, id) {
      const names = id === undefined ? '' : keys.names(kind, id).join(',')
      await places.first(grantId, (key) => commands.run(removeScript, key, kinds[kind], names))
    },
    list: createGrantList(parts, indexes, (key) => describe(parts, key)),
    ...createGrantEnds(parts, places, indexes),
  }
}

/**
 * The name of a grant. Its id is 132 random bits, so a plain hash hides it as well as a keyed one, and
 * the grant keeps its place when keys are rotated.
 */
const nameOfGrant = (grantId: string): string =>
  plainHash(`grant ${grantId}`).toString('base64url', 0, 16)

/** Keeps the id in the payload: a list of grants needs it, and it is not a credential. */
const sealGrant = (keys: StorageKeys, key: string, payload: StoredPayload): Buffer =>
  sealPayload(keys, `${key}/g`, '', payload, true)

/** Reads a grant, or only what is needed to look for one access token, or with null for the refresh token. */
async function read(
  { commands, keys }: GrantParts,
  key: string,
  accessToken?: string | null,
): Promise<GrantHash> {
  const names = typeof accessToken === 'string' ? keys.names('AccessToken', accessToken) : []
  const possible = accessToken === null ? ['r'] : names.map((name) => `a:${name}`)
  const [now, first, ...values] = await commands.runWithTime(loadScript, key, ...possible)
  const isAll = Array.isArray(first)
  const fields = isAll
    ? toFields(first as Buffer[])
    : toNamedFields([String(first), ...fieldsWithToken], values)
  const hash = { key, now, fields, values: valuesIn(fields) }
  if (isAll) return hash
  return { ...hash, only: accessToken === null ? null : { id: String(accessToken), names } }
}

/**
 * Seals a grant again that was sealed with an older key, and enters it into the indexes under the newest
 * key. After its next refresh, it no longer needs the older key.
 */
async function reseal(
  parts: GrantParts,
  indexes: GrantIndexes,
  hash: GrantHash,
  { payload }: LoadedGrant,
): Promise<void> {
  const { commands, keys } = parts
  const [key, before] = [hash.key, payloadOf(hash)]
  if (!before || keys.isFresh(before)) return
  const whole = hash.only === undefined ? hash : await read(parts, key)
  const endsAt = valueOf(whole, 'ge')
  // The grant may have ended in between.
  if (endsAt === undefined) return
  const life = Math.max(1, Number(endsAt) - whole.now)
  const old = [String(valueOf(whole, 'ic')), String(valueOf(whole, 'is'))] as const
  const names = await indexes.add(key, payload, life)
  const sealed = sealGrant(keys, key, payload)
  const isDone = isOne(await commands.run(resealScript, key, before, sealed, ...names))
  if (isDone) await indexes.remove([{ key, names: old }])
}

/** Reads a grant for a list. */
async function describe({ commands, keys }: GrantParts, key: string): Promise<Described> {
  const [sealed, endsAt, lastUsedAt] = await commands.run(describeScript, key)
  if (!sealed) return undefined
  if (!endsAt) return 'waiting'
  return {
    ...openGrant(keys, key, sealed as Buffer),
    endsAt: Number(endsAt),
    lastUsedAt: lastUsedAt ? Number(lastUsedAt) : undefined,
  }
}
