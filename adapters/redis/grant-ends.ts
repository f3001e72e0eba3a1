import type { GrantStorage, StoredGrant } from '../../lib/storage.ts'
import type { GrantParts } from './exchange.ts'
import { openGrant } from './grant-hash.ts'
import type { GrantIndexes, IndexedGrant } from './grant-indexes.ts'
import { endScript } from './grant-scripts.ts'
import type { Places } from './places.ts'
import { createAttempt } from './script.ts'

/** Ends grants. */
export function createGrantEnds(
  { commands, keys }: GrantParts,
  places: Places,
  indexes: GrantIndexes,
): Pick<GrantStorage, 'end' | 'endAll'> {
  const end = async (key: string): Promise<(IndexedGrant & StoredGrant) | undefined> => {
    const [sealed, client, subject] = await commands.run(endScript, key, createAttempt())
    if (!sealed) return undefined
    return {
      ...openGrant(keys, key, sealed as Buffer),
      key,
      names: [String(client), String(subject)],
    }
  }
  let leaving: IndexedGrant[] = []
  // Nobody waits for it: an entry that is left names nothing, and expires. Those of one answer of Redis go together, mostly from the
  // same index, and before the caller, who may close the client, goes on.
  const forget = (ended: readonly IndexedGrant[]): void => {
    if (leaving.length === 0) {
      queueMicrotask(() => {
        void indexes.remove(leaving).catch(() => undefined)
        leaving = []
      })
    }
    leaving.push(...ended)
  }
  return {
    async end(grantId) {
      const ended = await places.first(grantId, end)
      if (!ended) return undefined
      forget([ended])
      return { grantId: ended.grantId, payload: ended.payload }
    },
    async endAll(of) {
      const ended: (IndexedGrant & StoredGrant)[] = []
      try {
        await indexes.visit(of, async (key) => {
          const grant = await end(key)
          if (grant) ended.push(grant)
        })
      } finally {
        // Also if one could not be ended: the next call does not end the others again.
        forget(ended)
      }
      return ended.map(({ grantId, payload }) => ({ grantId, payload }))
    },
  }
}
