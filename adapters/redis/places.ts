import { isOne, type Commands } from './commands.ts'
import { addScript } from './hint-scripts.ts'
import { indexedScript } from './index-scripts.ts'
import type { StorageKeys } from './storage-keys.ts'

/** The parts that store records, grants and indexes. */
export interface StoreParts {
  readonly commands: Commands
  readonly keys: StorageKeys
  readonly known: KnownKeys
  readonly prefix: string
}

/** A record has a possible place under each key. It is at the newest, or at that of the key it was first stored with. */
export interface Places {
  /** Asks at every place at once. Resolves to the first answer, from the newest place on. */
  first<T>(id: string, ask: (key: string) => Promise<T | undefined>): Promise<T | undefined>
  /** Asks at every place at once, and resolves to whether one of them answers 1. */
  some(id: string, ask: Ask): Promise<boolean>
  /** Writes at the place that has the record, otherwise at the newest place. `only` is 1 to write over an existing record only. */
  write(id: string, write: Write): Promise<void>
  /** Writes at the newest place, and removes the record from older ones: for a record that has no end. */
  move(id: string, write: Write, remove: Ask): Promise<void>
  /**
   * Takes every place, one after the other, and resolves to whether all were free. All processes take them in the same
   * order, whichever key is the newest there: if several try at once, one of them gets all.
   */
  takeAll(id: string, take: Ask): Promise<boolean>
}

type Ask = (key: string) => Promise<readonly unknown[]>
type Write = (key: string, only: 0 | 1) => Promise<readonly unknown[]>

/**
 * Places of one kind of record.
 *
 * @param toName - gives a record one name, which does not depend on the keys. Absent: it has a name under each key
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
  const first: Places['first'] = async (id, ask) => {
    await known.announce()
    const keysOf = of(id)
    const answer =
      keysOf.length === 1
        ? await ask(keysOf[0])
        : (await Promise.all(keysOf.map((key) => ask(key)))).find((one) => one !== undefined)
    if (answer === undefined && !toName) await known.check()
    return answer
  }
  return {
    first,
    some: async (id, ask) =>
      (await first(id, async (key) => isOne(await ask(key)) || undefined)) ?? false,
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
      for (const key of of(id).toSorted()) if (!isOne(await take(key))) return false
      return true
    },
  }
}

/** A lifetime as Redis takes it. */
export const toMilliseconds = (seconds: number): number => Math.max(1, Math.round(seconds * 1000))

/** Something was stored under a key that this process does not have. */
export class MissingKeyError extends Error {
  override readonly name = 'MissingKeyError'
}

/** Keeps a process that lacks a storage key from the answer that something is not there: it cannot know. */
export interface KnownKeys {
  /** Tells the other processes which key this one stores under. To be called before anything else. */
  announce(): Promise<void>
  /**
   * To be called before the answer that something is not there.
   *
   * @throws MissingKeyError if another process stores under a key that this one lacks
   */
  check(): Promise<void>
}

/**
 * How long Redis remembers that something was stored under a key, in milliseconds: as long as a connection
 * lives that is not refreshed. One that is refreshed no longer needs the older key.
 */
const lifetime = 60 * 86_400_000

/** How often a process announces its key again, and how often it looks for the keys of others, in milliseconds. */
const announceInterval = 86_400_000
const checkInterval = 1000

/** Compares the keys of this process with those that are in use, which Redis remembers by their ids. */
export function createKnownKeys(commands: Commands, keys: StorageKeys, prefix: string): KnownKeys {
  const index = `${prefix}storage-keys`
  let announced: Promise<void> | undefined
  let announcedAt = 0
  let checkedAt = -Infinity

  const compare = async (): Promise<void> => {
    const [used] = await commands.run(indexedScript, index, 0, -1)
    const missing = (used as readonly Buffer[]).map(String).filter((id) => !keys.ids.includes(id))
    if (missing.length > 0) {
      throw new MissingKeyError(
        `something was stored under keys that are not among those given: ${missing.join(', ')}. ` +
          'Give the earlier keys as well, behind the first (docs/operations.md, Rotating storage keys)',
      )
    }
    checkedAt = performance.now()
  }
  const announceNow = async (): Promise<void> => {
    await commands.run(addScript, index, lifetime, keys.ids[0])
  }
  return {
    announce() {
      const isOld = performance.now() - announcedAt > announceInterval
      if (announced && !isOld) return announced
      announcedAt = performance.now()
      announced = announceNow().catch((error: unknown) => {
        announced = undefined
        throw error
      })
      return announced
    },
    async check() {
      if (performance.now() - checkedAt > checkInterval) await compare()
    },
  }
}
