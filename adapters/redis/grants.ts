import type { GrantStorage } from '../../lib/storage.ts'
import { exchangeAt, letters, sealToken, type GrantParts } from './exchange.ts'
import {
  addScript,
  closeRetryWindowScript,
  endScript,
  loadScript,
  removeScript,
  saveScript,
} from './grant-scripts.ts'
import { createGrantIndexes } from './indexes.ts'
import { toLoadedGrant, tokenNames } from './loaded-grant.ts'
import { createPlaces, toMilliseconds } from './places.ts'
import { sealPayload } from './sealed-json.ts'

/** Grants: a Redis hash each, with all that belongs to it, and two indexes by which they are ended. */
export function createGrantStorage(parts: GrantParts): GrantStorage {
  const { commands, keys } = parts
  const places = createPlaces(parts, 'grant')
  const indexes = createGrantIndexes(parts)

  const end = async (key: string): Promise<boolean> => {
    const [wasThere, client, subject] = await commands.run(endScript, key)
    if (wasThere !== 1) return false
    // Not waited for: what is left in an index names nothing, and leaves it with its time.
    void indexes.remove(key, [String(client), String(subject)]).catch(() => undefined)
    return true
  }

  return {
    async save(grantId, payload, lifetime) {
      const life = toMilliseconds(lifetime)
      await places.write(grantId, async (key, only) => {
        const sealed = sealPayload(keys, `${key}/g`, grantId, payload)
        // First, so that no grant is ever without: one that nobody finds could not be ended.
        const names = await indexes.add(key, payload, life)
        return commands.run(saveScript, key, sealed, life, ...names, only)
      })
    },
    load: (grantId) =>
      places.first(grantId, async (key) => {
        const [now, fields] = await commands.runWithTime(loadScript, key)
        return toLoadedGrant(keys, { key, grantId, now, fields: fields as Buffer[] })
      }),
    add: async (grantId, kind, token) =>
      (await places.first(grantId, async (key) => {
        const [name] = tokenNames(keys, kind, token.id)
        const life = toMilliseconds(token.lifetime)
        const args = [letters[kind], name, sealToken(keys, key, kind, token), life]
        return (await commands.run(addScript, key, ...args))[0] === 1 || undefined
      })) ?? false,
    exchange: async (grantId, exchange) =>
      (await places.first(grantId, async (key) => {
        const result = await exchangeAt(parts, key, exchange)
        return result === 'gone' ? undefined : result
      })) ?? 'gone',
    async closeRetryWindow(grantId, generation) {
      await places.first(grantId, (key) => commands.run(closeRetryWindowScript, key, generation))
    },
    async remove(grantId, kind, id) {
      const names = id === undefined ? '' : tokenNames(keys, kind, id).join(',')
      await places.first(grantId, (key) => commands.run(removeScript, key, letters[kind], names))
    },
    end: async (grantId) =>
      (await places.first(grantId, async (key) => (await end(key)) || undefined)) ?? false,
    endAll: (of) => indexes.endAll(of, end),
  }
}
