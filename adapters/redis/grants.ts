import { createHash } from 'node:crypto'
import type {
  StoredGrant,
  GrantStorage,
  ListedGrant,
  LoadedGrant,
  StoredPayload,
} from '../../lib/storage.ts'
import { createAttempt, isOne } from './commands.ts'
import { createUndoing, exchangeAt, type GrantParts } from './exchange.ts'
import {
  kinds,
  nameOfSuccessor,
  sealToken,
  toFields,
  toLoadedGrant,
  type GrantHash,
} from './grant-hash.ts'
import { createGrantIndexes, type GrantIndexes } from './grant-indexes.ts'
import {
  addScript,
  describeScript,
  endScript,
  fieldsOfRefreshToken,
  fieldsWithToken,
  loadRefreshTokenScript,
  loadScript,
  noteUseScript,
  removeScript,
  resealScript,
  saveScript,
} from './grant-scripts.ts'
import { createPlaces, toMilliseconds, type Places } from './places.ts'
import { openPayload, sealPayload, type StorageKeys } from './storage-keys.ts'

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
    ...createListAndEnds(parts, places, indexes),
  }
}

/**
 * The name of a grant. Its id is 132 random bits, so a plain hash hides it as well as a keyed one, and
 * the grant keeps its place when keys are rotated.
 */
const nameOfGrant = (grantId: string): string =>
  createHash('sha256').update(`grant ${grantId}`).digest().subarray(0, 16).toString('base64url')

/** Keeps the id in the payload: a list of grants needs it, and it is not a credential. */
const sealGrant = (keys: StorageKeys, key: string, payload: StoredPayload): Buffer =>
  sealPayload(keys, `${key}/g`, '', payload)

/** Reads a grant, or only what is needed to look for one access token, or with null for the refresh token. */
async function read(
  { commands, keys }: GrantParts,
  key: string,
  accessToken?: string | null,
): Promise<GrantHash> {
  if (accessToken === null) {
    const [now, ...values] = await commands.runWithTime(loadRefreshTokenScript, key)
    return { key, now, fields: pair(fieldsOfRefreshToken, values), only: null }
  }
  const names = accessToken === undefined ? [] : keys.names('AccessToken', accessToken)
  const possible = names.map((name) => `a:${name}`)
  const [now, first, ...values] = await commands.runWithTime(loadScript, key, ...possible)
  if (accessToken === undefined || Array.isArray(first)) {
    return { key, now, fields: toFields(first as Buffer[]) }
  }
  const fields = pair([String(first), ...fieldsWithToken], values)
  return { key, now, fields, only: { id: accessToken, names } }
}

function pair(fields: readonly string[], values: readonly unknown[]): GrantHash['fields'] {
  const map = new Map<string, Buffer>()
  for (const [index, field] of fields.entries()) {
    if (values[index]) map.set(field, values[index] as Buffer)
  }
  return map
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
  const { key } = hash
  const before = hash.fields.get('g')
  if (!before || keys.isFresh(before)) return
  const { now, fields } = hash.only === undefined ? hash : await read(parts, key)
  // The grant may have ended in between.
  if (!fields.has('ge')) return
  const life = Math.max(1, Number(fields.get('ge')?.toString()) - now)
  const old = [String(fields.get('ic')), String(fields.get('is'))] as const
  const names = await indexes.add(key, payload, life)
  const sealed = sealGrant(keys, key, payload)
  const isDone = isOne(await commands.run(resealScript, key, before, sealed, ...names))
  if (isDone) await indexes.remove(key, old)
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
    // Nobody waits for it: an entry that is left names nothing, and expires.
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
