import type { GrantStorage, StoredPayload } from '../../lib/storage.ts'
import type { Commands } from './commands.ts'
import { indexedScript, indexScript, unindexScript } from './index-scripts.ts'
import type { StoreParts } from './places.ts'

/** The name of a grant in the index of its client, and in that of its subject. */
export type IndexNames = readonly [client: string, subject: string]

/** Finds the grants of a client, for a subject, or of a client for a subject. */
export interface GrantIndexes {
  add(key: string, payload: StoredPayload, life: number): Promise<IndexNames>
  remove(key: string, names: IndexNames): Promise<void>
  /** Visits the key of each such grant. Resolves to the results of the visits, without `undefined`. */
  visit<T>(of: GrantsOf, visit: Visit<T>): Promise<readonly T[]>
}

type GrantsOf = Partial<Parameters<GrantStorage['endAll']>[0]>
type Visit<T> = (key: string) => Promise<T | undefined>

/** How many grants are visited at a time. */
const batch = 500

/** Two kinds of sorted set: the grants of a client, and the grants for a subject, each with the name of its client. */
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
    async visit({ clientId, subject }, visit) {
      const clients = clientId === undefined ? undefined : keys.names('client', clientId)
      const visits =
        subject === undefined
          ? (clients ?? []).map((name) =>
              visitIndexed(commands, clientKey(name), (grant) => visit(grantPrefix + grant)),
            )
          : keys.names('subject', subject).map((name) =>
              visitIndexed(commands, subjectKey(name), async (entry) => {
                const [client = '', grant = ''] = entry.split('.')
                return (clients?.includes(client) ?? true) ? visit(grantPrefix + grant) : undefined
              }),
            )
      return (await Promise.all(visits)).flat()
    },
  }
}

/** Visits the entries of an index, a batch at a time. */
async function visitIndexed<T>(
  commands: Commands,
  index: string,
  visit: Visit<T>,
): Promise<readonly T[]> {
  const [answer] = await commands.run(indexedScript, index, 0, -1)
  const entries = (answer as readonly Buffer[]).map(String)
  const found: T[] = []
  for (let at = 0; at < entries.length; at += batch) {
    const part = await Promise.all(entries.slice(at, at + batch).map((entry) => visit(entry)))
    found.push(...part.filter((one) => one !== undefined))
  }
  return found
}
