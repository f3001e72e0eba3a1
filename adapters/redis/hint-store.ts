import { beginScript, lookScript, mostNamed, writeScript } from './hint-scripts.ts'
import type { StoreParts } from './places.ts'
import { createAttempt } from './script.ts'

/** A hint, as it was read. Its entries are those of the index. */
export interface Hint {
  readonly id: string
  /** The clock of the Redis, in milliseconds since the epoch. */
  readonly now: number
  /** Whether this reader has to make it anew. */
  readonly isOld: boolean
  /** They stand for all others. */
  readonly picked: readonly string[]
  /** They stand for themselves: entries with the time when they were named, newest first. */
  readonly recent: readonly Recent[]
}

export type Recent = readonly [entry: string, since: number]

/** What to write over a hint. */
export interface HintChange extends Pick<Hint, 'picked' | 'recent'> {
  /** The entries that the picked ones stand for from now on. */
  readonly removed: readonly string[]
  /** Whether it is made of all grants. */
  readonly isComplete: boolean
}

/** A hint that is to be made, with all entries of the index, by their ends. */
export interface BegunHint {
  readonly id: string
  readonly now: number
  /** The entries that it names already. */
  readonly named: readonly string[]
  readonly entries: readonly string[]
}

/** The hints of a Redis, by the name of their subject. */
export interface HintStore {
  /** Resolves to the entries of a subject if they are no more than that, and otherwise to its hint. */
  look(name: string, few: number): Promise<readonly string[] | Hint | undefined>
  /** Begins a hint. The grants that are added from now on are named in it. */
  begin(name: string): Promise<BegunHint>
  /** Writes nothing if the hint that was read is gone. */
  write(name: string, id: string, change: HintChange): Promise<void>
}

export function createHintStore(
  { commands }: StoreParts,
  toKey: (name: string) => string,
): HintStore {
  return {
    async look(name, few) {
      const [now, kind, members, isOld] = await commands.runWithTime(lookScript, toKey(name), few)
      if (Number(kind) === 1) return undefined
      return Number(kind) === 0 ? toEntries(members) : toHint(now, members, Number(isOld) === 1)
    },
    async begin(name) {
      const [now, id, named, entries] = await commands.runWithTime(
        beginScript,
        toKey(name),
        createAttempt(),
      )
      return { id: String(id), now, named: toEntries(named), entries: toEntries(entries) }
    },
    async write(name, id, { picked, recent, removed, isComplete }) {
      // Thousands who agree at the same moment: a hint of that size would save nothing.
      if (picked.length + recent.length > mostNamed) return
      const fields = [...picked.map((entry) => [entry, 'p'] as const), ...recent].flat()
      const args = [id, isComplete ? 1 : 0, removed.length, ...removed, ...fields]
      await commands.run(writeScript, toKey(name), ...args)
    },
  }
}

/** Without the mark of an earlier version, which names no grant. */
const toEntries = (answer: unknown): readonly string[] =>
  (answer as readonly Buffer[]).map(String).filter((entry) => entry.includes('.'))

function toHint(now: number, members: unknown, isOld: boolean): Hint {
  const texts = (members as readonly Buffer[]).map(String)
  const [, id = ''] = texts.find((text) => text.includes(' '))?.split(' ') ?? []
  const entries = texts
    .filter((text) => text.includes('='))
    .map((text) => text.split('=') as [entry: string, value: string])
  return {
    id,
    now,
    isOld,
    picked: entries.filter(([, value]) => value === 'p').map(([entry]) => entry),
    recent: entries
      .filter(([, value]) => value !== 'p')
      .map(([entry, since]): Recent => [entry, Number(since)])
      .toSorted(([, one], [, other]) => other - one),
  }
}
