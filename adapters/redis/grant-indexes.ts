import type { GrantStorage, StoredPayload } from '../../lib/storage.ts'
import { isOne, type Argument, type Commands } from './commands.ts'
import {
  hintMark,
  indexedAfterScript,
  indexedScript,
  indexScript,
  lastIndexedScript,
  markScript,
  unindexScript,
} from './index-scripts.ts'
import type { StoreParts } from './places.ts'
import type { Script } from './script.ts'

/** The name of a grant in the index of its client, and in that of its subject. */
export type IndexNames = readonly [client: string, subject: string]

/** Finds the grants of a client, for a subject, or of a client for a subject. */
export interface GrantIndexes {
  add(key: string, payload: StoredPayload, life: number): Promise<AddedGrant>
  /** Removes grants. */
  remove(grants: readonly IndexedGrant[]): Promise<void>
  /** Visits the key of each such grant. Resolves to the results of the visits, without `undefined`. */
  visit<T>(of: GrantsOf, visit: Visit<T>): Promise<readonly T[]>
  /** The entries of a subject, by their ends. Of many only about the last `some`. */
  last(subject: string, few: number, some: number): Promise<LastEntries>
  /**
   * The entries in the index of a subject, by their ends.
   *
   * @param end - the least end, as Redis takes it
   * @param limit - how many, about
   */
  entries(subject: string, end: string, limit: number): Promise<readonly SubjectEntry[]>
  /** All entries of a subject, for a hint. What is added later says that it must be noted, for so many milliseconds. */
  mark(subject: string, life: number): Promise<readonly SubjectEntry[]>
  /** The entry of a grant in the index of its subject: the name of its client, a dot, its own. */
  toEntry(key: string, names: IndexNames): string
  toGrantKey(entry: string): string
}

/** A grant that was added. */
export interface AddedGrant {
  readonly names: IndexNames
  /** Whether its subject may have a hint, which must know it. */
  readonly isHinted: boolean
}

/** A grant and its names. */
export interface IndexedGrant {
  readonly key: string
  readonly names: IndexNames
}

/** An entry in the index of a subject, with its end as Redis writes it. */
export interface SubjectEntry {
  readonly entry: string
  readonly end: string
}

interface LastEntries {
  readonly entries: readonly SubjectEntry[]
  readonly isMany: boolean
}

type GrantsOf = Partial<Parameters<GrantStorage['endAll']>[0]>
type Visit<T> = (key: string) => Promise<T | undefined>

/** How many grants are visited at a time. */
export const batch = 100

/** Two kinds of sorted set: the grants of a client, and the grants for a subject, each with the name of its client. */
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
  const ask = (script: Script, subject: string, ...args: readonly Argument[]) =>
    commands.run(script, subjectKey(subject), ...args)
  return {
    toEntry,
    toGrantKey,
    async add(key, { clientId = '', subject = '' }, life) {
      const names = [keys.names('client', clientId)[0], keys.names('subject', subject)[0]] as const
      const [, answer] = await Promise.all(
        entriesOf({ key, names }).map(([index, entry]) =>
          commands.run(indexScript, index, life, entry),
        ),
      )
      return { names, isHinted: isOne(answer ?? []) }
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
    last: async (subject, few, some) =>
      toLastEntries(await ask(lastIndexedScript, subject, few, some + 1)),
    entries: async (subject, end, limit) =>
      toEntries((await ask(indexedAfterScript, subject, end, limit + 1))[0]),
    mark: async (subject, life) => toEntries((await ask(markScript, subject, life))[0]),
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
      removals.push(commands.run(unindexScript, index, ...ofIndex.slice(at, at + batch)))
    }
  }
  await Promise.all(removals)
}

const toLastEntries = ([isMany, entries]: readonly unknown[]): LastEntries => ({
  isMany: Number(isMany) === 1,
  entries: toEntries(entries),
})

function toEntries(answer: unknown): readonly SubjectEntry[] {
  const texts = (answer as readonly Buffer[]).map(String)
  const entries: SubjectEntry[] = []
  for (let at = 0; at < texts.length; at += 2) {
    const [entry = '', end = ''] = texts.slice(at, at + 2)
    if (entry !== hintMark) entries.push({ entry, end })
  }
  return entries
}

/** Visits the entries of an index, a batch at a time. If a visit fails, those of its batch are over, and no other begins. */
async function visitIndexed<T>(
  commands: Commands,
  index: string,
  visit: Visit<T>,
): Promise<readonly T[]> {
  const [answer] = await commands.run(indexedScript, index, 0, -1)
  const entries = (answer as readonly Buffer[]).map(String)
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
