import type { GrantStorage, StoredPayload } from '../../lib/storage.ts'
import type { Commands } from './commands.ts'
import { indexedScript, indexScript, unindexScript } from './index-scripts.ts'
import type { StoreParts } from './places.ts'

/** What a grant is called in the index of its client, and in that of its subject. */
export type IndexNames = readonly [client: string, subject: string]

type End = (key: string) => Promise<boolean>

/** By which the grants of a client, and of a client for one subject, are found. */
export interface GrantIndexes {
  add(key: string, payload: StoredPayload, life: number): Promise<IndexNames>
  remove(key: string, names: IndexNames): Promise<void>
  endAll(of: Parameters<GrantStorage['endAll']>[0], end: End): Promise<number>
}

/** How many grants are ended at a time. */
const batch = 500

/**
 * Two kinds of sorted set: the grants of a client, and those for a subject, each with the client it
 * was given to.
 */
export function createGrantIndexes({ commands, keys, prefix }: StoreParts): GrantIndexes {
  const grantPrefix = `${prefix}grant:`
  const clientKey = (name: string): string => `${prefix}grants-of-client:${name}`
  const subjectKey = (name: string): string => `${prefix}grants-for-subject:${name}`
  const entriesOf = (
    key: string,
    [client, subject]: IndexNames,
  ): readonly (readonly [string, string])[] => {
    const grant = key.slice(grantPrefix.length)
    return [
      [clientKey(client), grant],
      [subjectKey(subject), `${client}.${grant}`],
    ]
  }
  return {
    async add(key, { clientId = '', subject = '' }, life) {
      const names = [keys.names('client', clientId)[0], keys.names('subject', subject)[0]] as const
      await Promise.all(
        entriesOf(key, names).map(([index, entry]) =>
          commands.run(indexScript, index, life, entry),
        ),
      )
      return names
    },
    async remove(key, names) {
      await Promise.all(
        entriesOf(key, names).map(([index, entry]) => commands.run(unindexScript, index, entry)),
      )
    },
    async endAll({ clientId, subject }, end) {
      const clients = keys.names('client', clientId)
      const endGrant = (grant: string): Promise<boolean> => end(grantPrefix + grant)
      const counts =
        subject === undefined
          ? clients.map((name) => endIndexed(commands, clientKey(name), endGrant))
          : keys.names('subject', subject).map((name) =>
              endIndexed(commands, subjectKey(name), async (entry) => {
                const [client = '', grant = ''] = entry.split('.')
                return clients.includes(client) && endGrant(grant)
              }),
            )
      return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0)
    },
  }
}

/** Ends what an index has, part by part. What was not there stays in it: its grant may be on its way. */
async function endIndexed(commands: Commands, index: string, end: End): Promise<number> {
  let ended = 0
  let rank = 0
  for (;;) {
    const [answer] = await commands.run(indexedScript, index, rank, rank + batch - 1)
    const entries = (answer as readonly Buffer[]).map(String)
    const outcomes = await Promise.all(entries.map((entry) => end(entry)))
    const gone = entries.filter((_, at) => outcomes[at])
    if (gone.length > 0) await commands.run(unindexScript, index, ...gone)
    ended += gone.length
    rank += entries.length - gone.length
    if (entries.length < batch) return ended
  }
}
