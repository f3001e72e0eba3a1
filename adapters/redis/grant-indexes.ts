import type { GrantStorage, StoredPayload } from '../../lib/storage.ts'
import type { Commands } from './commands.ts'
import { addScript, removeScript } from './hint-scripts.ts'
import { indexedScript } from './index-scripts.ts'
import type { StoreParts } from './places.ts'

/** The name of a grant in the index of its client, and in that of its subject. */
export type IndexNames = readonly [client: string, subject: string]

/** Finds the grants of a client, for a subject, or of a client for a subject. */
export interface GrantIndexes {
  /** Resolves to the names of the grant. */
  add(key: string, payload: StoredPayload, life: number): Promise<IndexNames>
  /** Removes grants. */
  remove(grants: readonly IndexedGrant[]): Promise<void>
  /** Visits the key of each such grant. Resolves to the results of the visits, without `undefined`. */
  visit<T>(of: GrantsOf, visit: Visit<T>): Promise<readonly T[]>
  /** The key of the index of a subject. */
  readonly toSubjectKey: (subject: string) => string
  /** The entry of a grant in the index of its subject: the name of its client, a dot, its own. */
  toEntry(key: string, names: IndexNames): string
  toGrantKey(entry: string): string
}

/** A grant and its names. */
export interface IndexedGrant {
  readonly key: string
  readonly names: IndexNames
}

type GrantsOf = Partial<Parameters<GrantStorage['endAll']>[0]>
type Visit<T> = (key: string) => Promise<T | undefined>

/** How many grants are visited at a time. */
export const batch = 100

/**
 * Two kinds of sorted set: the grants of a client, and the grants for a subject, each with the name of its client. The second may
 * also have a hint.
 */
export function createGrantIndexes({ commands, keys, prefix }: StoreParts): GrantIndexes {
  const grantPrefix = `${prefix}grant:`
  const clientKey = (name: string): string => `${prefix}grants-of-client:${name}`
  const subjectKey = (name: string): string => `${prefix}grants-for-subject:${name}`
  const toEntry: GrantIndexes['toEntry'] = (key, [client]) =>
    `${client}.${key.slice(grantPrefix.length)}`
  const toGrantKey: GrantIndexes['toGrantKey'] = (entry) =>
    grantPrefix + entry.slice(entry.indexOf('.') + 1)
  const entriesOf = ({ key, names }: IndexedGrant): readonly (readonly [string, string])[] => [
    [clientKey(names[0]), key.slice(grantPrefix.length)],
    [subjectKey(names[1]), toEntry(key, names)],
  ]
  return {
    toSubjectKey: subjectKey,
    toEntry,
    toGrantKey,
    async add(key, { clientId = '', subject = '' }, life) {
      const names = [keys.names('client', clientId)[0], keys.names('subject', subject)[0]] as const
      await Promise.all(
        entriesOf({ key, names }).map(([index, entry]) =>
          commands.run(addScript, index, life, entry),
        ),
      )
      return names
    },
    remove: (grants) => removeEntries(commands, grants.flatMap(entriesOf)),
    async visit({ clientId, subject }, visit) {
      const clients = clientId === undefined ? undefined : keys.names('client', clientId)
      const visits =
        subject === undefined
          ? (clients ?? []).map((name) =>
              visitIndexed(commands, clientKey(name), (grant) => visit(grantPrefix + grant)),
            )
          : keys.names('subject', subject).map((name) =>
              visitIndexed(commands, subjectKey(name), async (entry) => {
                const [client = ''] = entry.split('.')
                return (clients?.includes(client) ?? true) ? visit(toGrantKey(entry)) : undefined
              }),
            )
      return (await Promise.all(visits)).flat()
    },
  }
}

/** Removes entries, each with its index. All is sent at once: nobody waits for it, and the client may be closed next. */
async function removeEntries(
  commands: Commands,
  entries: readonly (readonly [index: string, entry: string])[],
): Promise<void> {
  const byIndex = new Map<string, string[]>()
  for (const [index, entry] of entries) {
    const ofIndex = byIndex.get(index)
    if (ofIndex) ofIndex.push(entry)
    else byIndex.set(index, [entry])
  }
  const removals: Promise<unknown>[] = []
  for (const [index, ofIndex] of byIndex) {
    for (let at = 0; at < ofIndex.length; at += batch) {
      removals.push(commands.run(removeScript, index, ...ofIndex.slice(at, at + batch)))
    }
  }
  await Promise.all(removals)
}

/** Members of a hint have a space or an equals sign. */
const isEntry = (member: string): boolean => !/[ =]/.test(member)

/** Visits the entries of an index, a batch at a time. If a visit fails, those of its batch are over, and no other begins. */
async function visitIndexed<T>(
  commands: Commands,
  index: string,
  visit: Visit<T>,
): Promise<readonly T[]> {
  const [answer] = await commands.run(indexedScript, index, 0, -1)
  const entries = (answer as readonly Buffer[]).map(String).filter(isEntry)
  const found: T[] = []
  for (let at = 0; at < entries.length; at += batch) {
    const part = await Promise.allSettled(
      entries.slice(at, at + batch).map((entry) => visit(entry)),
    )
    for (const one of part) {
      if (one.status === 'rejected') throw one.reason
      if (one.value !== undefined) found.push(one.value)
    }
  }
  return found
}
