import type { EndedGrant, GrantStorage, ListedGrant } from '../../lib/storage.ts'
import { createAttempt, isOne } from './commands.ts'
import { exchangeAt, letters, sealToken, successorName, type GrantParts } from './exchange.ts'
import {
  addScript,
  describeScript,
  endScript,
  loadScript,
  noteUseScript,
  removeScript,
  saveScript,
} from './grant-scripts.ts'
import { createGrantIndexes, type GrantIndexes } from './indexes.ts'
import { toLoadedGrant, tokenNames } from './loaded-grant.ts'
import { createPlaces, toMilliseconds, type Places } from './places.ts'
import { openPayload, sealPayload } from './sealed-json.ts'

/** Grants: a Redis hash each, with all that belongs to it, and two indexes by which they are ended. */
export function createGrantStorage(parts: GrantParts): GrantStorage {
  const { commands, keys, undoing } = parts
  const places = createPlaces(parts, 'grant')
  const indexes = createGrantIndexes(parts)

  return {
    async save(grantId, payload, lifetime) {
      const life = toMilliseconds(lifetime)
      await places.write(grantId, async (key, only) => {
        // With its id: a list of grants must say it, and it is no credential.
        const sealed = sealPayload(keys, `${key}/g`, '', payload)
        // First, so that no grant is ever without: one that nobody finds could not be ended. One that is
        // there already has its entries.
        const names = only === 1 ? ['', ''] : await indexes.add(key, payload, life)
        return commands.run(saveScript, key, sealed, life, ...names)
      })
    },
    load: (grantId) =>
      places.first(grantId, async (key, keyIndex) => {
        await undoing.settle(key)
        const [now, fields] = await commands.runWithTime(loadScript, key)
        return toLoadedGrant(keys, { key, keyIndex, now, fields: fields as Buffer[] })
      }),
    add: async (grantId, kind, token) =>
      (await places.first(grantId, async (key) => {
        const [name] = tokenNames(keys, kind, token.id)
        const life = toMilliseconds(token.lifetime)
        const sealed = sealToken(keys, key, kind, token)
        const args = [letters[kind], name, sealed, life, successorName(keys, token)]
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

/** What is done to grants as a whole: they are listed, and ended. */
function createListAndEnds(
  { commands, keys }: GrantParts,
  places: Places,
  indexes: GrantIndexes,
): Pick<GrantStorage, 'list' | 'end' | 'endAll'> {
  const open = (key: string, sealed: unknown): EndedGrant => {
    const payload = openPayload(keys, `${key}/g`, sealed as Buffer)
    return { grantId: String(payload['jti']), payload }
  }
  const end = async (key: string): Promise<EndedGrant | undefined> => {
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
