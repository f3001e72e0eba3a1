import type { Commands } from './commands.ts'
import type { StorageKeys } from './storage-keys.ts'

/** What records, grants and indexes are stored with. */
export interface StoreParts {
  readonly commands: Commands
  readonly keys: StorageKeys
  readonly prefix: string
}

/** Where something is in Redis: under the newest of the keys, or under the one it was first stored with. */
export interface Places {
  of(id: string): readonly [string, ...string[]]
  /** Asks at every place at once; what the newest one answers counts first. */
  first<T>(id: string, ask: (key: string) => Promise<T | undefined>): Promise<T | undefined>
  /** Writes where it is already, else at the newest place. `only`: 1 to write over an existing one only. */
  write(id: string, write: (key: string, only: 0 | 1) => Promise<readonly unknown[]>): Promise<void>
}

/** Places of one kind of thing. */
export function createPlaces({ keys, prefix }: StoreParts, kind: string): Places {
  const toKey = (name: string): string => `${prefix}${kind}:${name}`
  const of = (id: string): readonly [string, ...string[]] => {
    const [newest, ...older] = keys.names(kind, id)
    return [toKey(newest), ...older.map((name) => toKey(name))]
  }
  return {
    of,
    async first(id, ask) {
      const answers = await Promise.all(of(id).map((key) => ask(key)))
      return answers.find((answer) => answer !== undefined)
    },
    async write(id, write) {
      const [newest, ...older] = of(id)
      for (const key of older) if ((await write(key, 1))[0] === 1) return
      await write(newest, 0)
    },
  }
}

/** A lifetime as Redis takes it. */
export const toMilliseconds = (seconds: number): number => Math.max(1, Math.round(seconds * 1000))
