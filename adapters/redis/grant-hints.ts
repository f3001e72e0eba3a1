import type { Condense, GrantStorage, ListedGrant } from '../../lib/storage.ts'
import { batch, type GrantIndexes } from './grant-indexes.ts'
import { createHintStore, type Hint, type HintStore } from './hint-store.ts'
import type { StoreParts } from './places.ts'

/** A grant as a list sees it: `waiting` if it has no token. */
export type Described = ListedGrant | 'waiting' | undefined

/** A subject with so many grants, or fewer, needs no hint: all are read. */
const fewGrants = 16
/**
 * So many of the newest stand for themselves for so many milliseconds: many clients end them soon, and then another would have to be
 * picked.
 */
const keptYoung = 6
const youth = 10_000
/** A hint is written again when so many more need not stand for themselves. */
const manySettled = 2
/** Milliseconds after which a grant that is in the index and not there was not stored. A process may be suspended in between. */
const longestSave = 600_000
/** So many of the newest that are not there are waited for, and all that the hint names. */
const mostUnsure = 100

/** The work on the hint of one subject, for a list of some of its grants. */
interface Work {
  readonly name: string
  readonly store: HintStore
  readonly indexes: GrantIndexes
  readonly condense: Condense
  readonly describe: (key: string) => Promise<Described>
  readonly isMeant: (entry: string) => boolean
  /** Makes the hint anew: once for all who ask at the same time. */
  readonly make: () => Promise<void>
}

/**
 * Lists the grants for a subject: all, or of many a few that tell as much. The hints come from the index and the grants, and decide
 * nothing: each grant is read before it is listed. If one that was picked has ended, the hint is made anew.
 */
export function createGrantList(
  parts: StoreParts,
  indexes: GrantIndexes,
  describe: Work['describe'],
): GrantStorage['list'] {
  const { keys } = parts
  const store = createHintStore(parts, indexes.toSubjectKey)
  const making = new Map<string, Promise<void>>()
  return async (of, condense) => {
    if (!condense) {
      const states = await indexes.visit(of, describe)
      return states.filter(isListed)
    }
    const { subject, clientId } = of
    const clients = clientId === undefined ? undefined : keys.names('client', clientId)
    const isMeant = (entry: string): boolean => clients?.includes(entry.split('.')[0] ?? '') ?? true
    const lists = keys.names('subject', subject).map((name) => {
      const make = (): Promise<void> => {
        const made = making.get(name) ?? makeHint(work).finally(() => making.delete(name))
        making.set(name, made)
        return made
      }
      const work: Work = { name, store, indexes, condense, describe, isMeant, make }
      return listWith(work)
    })
    // A grant that was sealed anew is in the hints under both keys.
    const grants = (await Promise.all(lists)).flat()
    return [...new Map(grants.map((grant) => [grant.grantId, grant])).values()]
  }
}

async function listWith(work: Work): Promise<readonly ListedGrant[]> {
  const { name, store, make } = work
  const look = async (): Promise<Found> => {
    const seen = await store.look(name, fewGrants)
    return seen && 'picked' in seen ? follow(work, seen) : seen && listAll(work, seen)
  }
  const found = (await look()) ?? (await make().then(look))
  // It was lost while it was made.
  return found ?? listAll(work, (await store.begin(name)).entries)
}

type Found = readonly ListedGrant[] | undefined

async function listAll(work: Work, entries: readonly string[]): Promise<readonly ListedGrant[]> {
  const states = await describeAll(work, entries.filter(work.isMeant))
  return [...states.values()].filter(isListed)
}

/** Lists the grants of a hint. Resolves to nothing if they do not suffice. */
async function follow(work: Work, hint: Hint): Promise<Found> {
  const { isMeant, make } = work
  const { picked, recent } = hint
  const named = [...picked, ...recent.map(([entry]) => entry)]
  const states = await describeAll(work, named.filter(isMeant))
  const isLiving = (entry: string): boolean => isListed(states.get(entry))
  if (!picked.filter(isMeant).every(isLiving)) return undefined
  later(fold(work, hint, states))
  if (hint.isOld) later(make())
  return [...states.values()].filter(isListed)
}

/** Picks anew among the picked and the earlier of the recent ones, if many have come. */
async function fold(
  { name, store, isMeant, condense }: Work,
  { id, now, picked, recent }: Hint,
  states: States,
): Promise<void> {
  const isSettled = ([entry, since]: Hint['recent'][number], rank: number): boolean =>
    isListed(states.get(entry))
      ? rank >= keptYoung || (rank > 0 && since <= now - youth)
      : states.get(entry) === undefined && since <= now - longestSave
  const settled = recent.filter(([entry]) => isMeant(entry)).filter(isSettled)
  if (settled.length < manySettled) return
  const removed = [...picked.filter(isMeant), ...settled.map(([entry]) => entry)]
  const change = { removed, picked: pick(removed, states, condense), recent: [] }
  await store.write(name, id, { ...change, isComplete: false })
}

/** Reads all grants of a subject, and picks among them. */
async function makeHint(work: Work): Promise<void> {
  const { name, store, condense } = work
  const { id, now, named, entries } = await store.begin(name)
  const states = await describeAll(work, entries)
  const unsure = entries.filter((entry) => states.get(entry) === undefined)
  const recent = new Set([
    ...entries.filter((entry) => states.get(entry) === 'waiting'),
    ...named.filter((entry) => unsure.includes(entry)),
    ...unsure.slice(-mostUnsure),
    ...entries.slice(-keptYoung),
  ])
  const settled = entries.filter((entry) => !recent.has(entry))
  await store.write(name, id, {
    removed: named,
    picked: pick(settled, states, condense),
    recent: [...recent].map((entry) => [entry, now]),
    isComplete: true,
  })
}

type States = Map<string, Described>

async function describeAll(
  { indexes, describe }: Work,
  entries: readonly string[],
): Promise<States> {
  const states: States = new Map()
  for (let at = 0; at < entries.length; at += batch) {
    const part = entries.slice(at, at + batch)
    const described = await Promise.all(part.map((entry) => describe(indexes.toGrantKey(entry))))
    for (const [index, entry] of part.entries()) states.set(entry, described[index])
  }
  return states
}

const isListed = (state: Described): state is ListedGrant => typeof state === 'object'

/** The entries of those that tell as much as all. */
function pick(entries: readonly string[], states: States, condense: Condense): readonly string[] {
  const living = new Map<ListedGrant, string>()
  for (const entry of entries) {
    const state = states.get(entry)
    if (isListed(state)) living.set(state, entry)
  }
  return condense([...living.keys()]).flatMap((grant) => living.get(grant) ?? [])
}

/** Nobody waits for it: the next reader does it again. */
const later = (work: Promise<void>): void => void work.catch(() => undefined)
