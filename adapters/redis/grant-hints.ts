import type { Condense, GrantStorage, ListedGrant } from '../../lib/storage.ts'
import { batch, type AddedGrant, type GrantIndexes, type SubjectEntry } from './grant-indexes.ts'
import { createHintStore, hintLifetime, type Hint, type HintStore } from './hint-store.ts'
import type { StoreParts } from './places.ts'

/** A grant as a list sees it: `waiting` if it has no token. */
export type Described = ListedGrant | 'waiting' | undefined

/** Lists the grants for a subject: all, or of many a few that tell as much. */
export interface GrantHints {
  /** To be called when a grant is in the index and stored. */
  note(key: string, added: AddedGrant): Promise<void>
  readonly list: GrantStorage['list']
}

/** A subject with so many grants, or fewer, needs no hint: all are read. */
const fewGrants = 16
/** So many of the newest stand for themselves while they are young: many clients end them soon, and then another would have to be picked. */
const keptYoung = 6
/** A hint is written again when so many more have come. */
const manyRecent = 4
/** After so many that nobody noted, a hint is made anew. Of as many it is not sure that they are stored already. */
const mostUnnoted = 100
/** Milliseconds after which a grant that is in the index and not there was not stored. */
const longestSave = 10_000

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
 * Makes the hints of a Redis. They come from the index and the grants, and decide nothing: each grant is read before it is listed.
 * If one that was picked has ended, the hint is made anew.
 */
export function createGrantHints(
  parts: StoreParts,
  indexes: GrantIndexes,
  describe: Work['describe'],
): GrantHints {
  const { keys } = parts
  const store = createHintStore(parts)
  const making = new Map<string, Promise<void>>()
  return {
    async note(key, { names, isHinted }) {
      if (isHinted) await store.note(names[1], indexes.toEntry(key, names))
    },
    async list(of, condense) {
      if (!condense) {
        const states = await indexes.visit(of, describe)
        return states.filter(isListed)
      }
      const { subject, clientId } = of
      const clients = clientId === undefined ? undefined : keys.names('client', clientId)
      const isMeant = (entry: string): boolean =>
        clients?.includes(entry.split('.')[0] ?? '') ?? true
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
    },
  }
}

async function listWith(work: Work): Promise<readonly ListedGrant[]> {
  const { name, store, indexes, isMeant, make } = work
  const { entries: last, isMany } = await indexes.last(name, fewGrants, manyRecent * 2)
  if (isMany) {
    const look = async (): ReturnType<typeof follow> => follow(work, await store.open(name), last)
    const found = (await look()) ?? (await make().then(look))
    if (found) return found
  }
  const entries = isMany ? await indexes.entries(name, '-inf', Number.MAX_SAFE_INTEGER) : last
  const states = await describeAll(work, entries.map(({ entry }) => entry).filter(isMeant))
  return [...states.values()].filter(isListed)
}

/** Lists the grants of a hint, and of `last`, which the index had before. Resolves to nothing if they do not suffice. */
async function follow(
  work: Work,
  hint: Hint,
  last: readonly SubjectEntry[],
): Promise<readonly ListedGrant[] | undefined> {
  const { name, indexes, isMeant } = work
  const { to, picked, recent } = hint
  if (to === undefined) return undefined
  const known = [...picked, ...recent.map(([entry]) => entry)]
  const isKnown = ({ end }: SubjectEntry): boolean => Number(end) <= Number(to)
  const [states, after] = await Promise.all([
    describeAll(work, known.filter(isMeant)),
    last.some(isKnown)
      ? last.filter((one) => !isKnown(one))
      : indexes.entries(name, `(${to}`, mostUnnoted),
  ])
  // A process died, or Redis lost what was noted, or a process of an earlier version knows no hints.
  const unnoted = after.filter(({ entry }) => !known.includes(entry))
  if (unnoted.length > 0) {
    const others = unnoted.map(({ entry }) => entry).filter(isMeant)
    for (const [entry, state] of await describeAll(work, others)) states.set(entry, state)
  }
  const isLiving = (entry: string): boolean => isListed(states.get(entry))
  if (after.length >= mostUnnoted || !picked.filter(isMeant).every(isLiving)) return undefined
  later(fold(work, { ...hint, to }, states, { after, unnoted }))
  if (hint.isOld) later(work.make())
  return [...states.values()].filter(isListed)
}

/** Picks anew among the picked and the earlier of the recent ones, if many have come. */
async function fold(
  { name, store, isMeant, condense }: Work,
  hint: Hint & { readonly to: string },
  states: States,
  { after, unnoted }: Record<'after' | 'unnoted', readonly SubjectEntry[]>,
): Promise<void> {
  const { now, picked, recent, to } = hint
  const isSettled = ([entry, since]: Hint['recent'][number], rank: number): boolean => {
    const state = states.get(entry)
    if (isListed(state)) return rank >= keptYoung || (rank > 0 && since <= now - longestSave)
    return state === undefined && since <= now
  }
  const ours = recent.filter(([entry]) => isMeant(entry))
  const settled = ours.filter(isSettled)
  if (unnoted.length === 0 && settled.length + after.length < manyRecent) return
  const removed = [...picked.filter(isMeant), ...settled.map(([entry]) => entry)]
  await store.write(name, hint, {
    removed,
    picked: pick(removed, states, condense),
    recent: unnoted.map(({ entry }) => [entry, now + longestSave]),
    to: after.at(-1)?.end ?? to,
    isComplete: false,
  })
}

/** Reads all grants of a subject, and picks among them. */
async function makeHint(work: Work): Promise<void> {
  const { name, store, indexes, condense } = work
  // First the hint: a grant that is added after the index was read is noted in it. The mark outlives the hint.
  const hint = await store.open(name)
  const all = await indexes.mark(name, hintLifetime * 2)
  const entries = all.map(({ entry }) => entry)
  const states = await describeAll(work, entries)
  const isRecent = (entry: string, index: number): boolean => {
    const state = states.get(entry)
    const rank = entries.length - index
    return rank <= keptYoung || state === 'waiting' || (!state && rank <= mostUnnoted)
  }
  const settled = entries.filter((entry, index) => !isRecent(entry, index))
  await store.write(name, hint, {
    removed: [...hint.picked, ...hint.recent.map(([entry]) => entry)],
    picked: pick(settled, states, condense),
    recent: entries.filter(isRecent).map((entry) => [entry, hint.now + longestSave]),
    to: all.at(-1)?.end ?? '-inf',
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
