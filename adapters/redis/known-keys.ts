import type { Commands } from './commands.ts'
import { indexedScript, indexScript } from './index-scripts.ts'
import type { StorageKeys } from './storage-keys.ts'

/** Something was stored under a key that this process was not given. */
export class MissingKeyError extends Error {
  override readonly name = 'MissingKeyError'
}

/** Keeps a process that lacks a storage key from saying that something is not there: it cannot know. */
export interface KnownKeys {
  /** To be called before anything else: tells the other processes which key this one stores under. */
  announce(): Promise<void>
  /**
   * To be called before it is said that something is not there.
   *
   * @throws MissingKeyError
   */
  check(): Promise<void>
}

/**
 * For how long it is remembered that something was stored under a key, in milliseconds: as long as a connection
 * lives that is not refreshed. One that is refreshed needs the older key no more.
 */
const lifetime = 60 * 86_400_000

/** How often a process announces its key again, and looks for those of others, in milliseconds. */
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
    await commands.run(indexScript, index, lifetime, keys.ids[0])
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
