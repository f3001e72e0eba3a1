import { isOne, type Commands } from './commands.ts'
import type { KnownKeys } from './known-keys.ts'
import type { StorageKeys } from './storage-keys.ts'

/** The parts that store records, grants and indexes. */
export interface StoreParts {
  readonly commands: Commands
  readonly keys: StorageKeys
  readonly known: KnownKeys
  readonly prefix: string
}

/** The place of a record in Redis: under the newest key, or under the key that it was first stored with. */
export interface Places {
  /** Asks at every place at once; what the newest one answers counts first. */
  first<T>(id: string, ask: (key: string) => Promise<T | undefined>): Promise<T | undefined>
  /** Writes to the place that it has already, otherwise to the newest place. `only`: 1 to write over an existing one only. */
  write(id: string, write: Write): Promise<void>
  /** Writes at the newest place, and removes it from older ones: for what would stay there for ever. */
  move(id: string, write: Write, remove: (key: string) => Promise<unknown>): Promise<void>
  /**
   * Takes every place, one after the other; answers whether all were free. The order is the same for
   * everybody, whichever key is the newest there, so that of several one gets them all.
   */
  takeAll(id: string, take: (key: string) => Promise<boolean>): Promise<boolean>
}

type Write = (key: string, only: 0 | 1) => Promise<readonly unknown[]>

/**
 * Places of one kind of thing.
 *
 * @param toName - what a thing is called whatever the keys are; left out, it has a name under each of them
 */
export function createPlaces(
  { keys, known, prefix }: StoreParts,
  kind: string,
  toName?: (id: string) => string,
): Places {
  const toKey = (name: string): string => `${prefix}${kind}:${name}`
  const of = (id: string): readonly [string, ...string[]] => {
    const [newest, ...older] = toName ? ([toName(id)] as const) : keys.names(kind, id)
    return [toKey(newest), ...older.map((name) => toKey(name))]
  }
  return {
    async first(id, ask) {
      await known.announce()
      const answers = await Promise.all(of(id).map((key) => ask(key)))
      const answer = answers.find((one) => one !== undefined)
      if (answer === undefined && !toName) await known.check()
      return answer
    },
    async write(id, write) {
      await known.announce()
      const [newest, ...older] = of(id)
      for (const key of older) if (isOne(await write(key, 1))) return
      await write(newest, 0)
    },
    async move(id, write, remove) {
      await known.announce()
      const [newest, ...older] = of(id)
      await write(newest, 0)
      await Promise.all(older.map((key) => remove(key)))
    },
    async takeAll(id, take) {
      await known.announce()
      for (const key of of(id).toSorted()) if (!(await take(key))) return false
      return true
    },
  }
}

/** A lifetime as Redis takes it. */
export const toMilliseconds = (seconds: number): number => Math.max(1, Math.round(seconds * 1000))
