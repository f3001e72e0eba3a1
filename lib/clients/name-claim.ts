import type { Looks, NameOwner, NameRecords } from './name-records.ts'

/**
 * The names in one change of a client. They are reserved, without an end, before it is stored; what it is not called any
 * more is given back afterwards. Whoever dies on the way, or cannot know whether it was stored, gives nothing back: others
 * may take over what is reserved for a client that is not there, or is called something else, after a minute.
 */
export interface NameClaim {
  /**
   * Reserves what the client is to be called; before each attempt to store it, and after it was read for that. Answers
   * the members whose names others have: then nothing is reserved.
   *
   * @param current - the names that it claims now; absent if it is new
   */
  reserve(next: Looks, current?: Looks): Promise<readonly string[]>
  /** Once it is stored, gives back what it does not claim any more; all of it if the client is gone. */
  settle(stored?: Looks): Promise<void>
  /** Where nothing was stored, gives back what was reserved here. */
  abandon(): Promise<void>
  /**
   * Whether there is more to give back, which another change at the same time may need: to be settled once the client is
   * stored again, so that the other one has to begin anew.
   *
   * @param stored - the names that it claims now; absent if it is gone
   */
  hasMore(stored?: Looks): boolean
}

/** What a claim knows of a name of its client: which version it may give back, and whether it is the one that got it. */
interface Held {
  readonly version: string | undefined
  readonly isGained: boolean
}

/** How often it is tried to get a name: each time, somebody else got it, gave it back or stored it anew. */
const attempts = 100

const none: Looks = new Map()

/**
 * Begins a change of what a client is called.
 *
 * A name is given back only in the version that was read or stored before the client was stored without it. Whoever gives
 * the same client that name afterwards has read the client afterwards, and then has stored the name in another version.
 *
 * @param foreign - looks of the names of clients that are not stored
 */
export function createNameClaim(
  records: NameRecords,
  clientId: string,
  foreign: ReadonlyMap<string, unknown>,
): NameClaim {
  const held = new Map<string, Held>()
  let called = none

  const release = async (isOver: (name: string, of: Held) => boolean): Promise<void> => {
    const over = [...held].filter(([name, of]) => isOver(name, of))
    await Promise.all(over.map(([name, { version }]) => records.giveBack(name, clientId, version)))
    for (const [name] of over) held.delete(name)
  }
  const abandon = (): Promise<void> =>
    release((name, { isGained }) => isGained && !called.has(name))
  const gain = createGain(records, clientId, held)
  return {
    abandon,
    hasMore: (kept = none) => [...held.keys()].some((name) => !kept.has(name)),
    settle: (kept = none) => release((name) => !kept.has(name)),
    async reserve(wanted, current = none) {
      called = current
      const names = [...new Set([...wanted.keys(), ...called.keys()])]
      const found = await Promise.all(
        names.map(async (name) => ({ name, ...(await records.look(name, clientId)) })),
      )
      for (const { name, owner, version } of found) {
        if (wanted.has(name) || owner !== 'this client') continue
        held.set(name, { version, isGained: false })
      }
      const asked = found.filter(({ name }) => wanted.has(name))
      let taken = asked.filter(({ name, owner }) => foreign.has(name) || owner === 'other client')
      if (taken.length === 0) {
        const gained = await Promise.all(asked.map((one) => gain(one.name, one, called)))
        taken = asked.filter((_, index) => !gained[index])
      }
      if (taken.length > 0) await abandon()
      return taken.flatMap(({ name }) => wanted.get(name) ?? [])
    },
  }
}

/** Whether the client has a name then, from who has it; `called` is what it is called already. */
type Gain = (name: string, first: NameOwner, called: Looks) => Promise<boolean>

const createGain =
  (records: NameRecords, clientId: string, held: Map<string, Held>): Gain =>
  async (name, first, called) => {
    let found = first
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const { owner, version: read } = found
      if (owner === 'other client') return false
      const version = await records.take(name, clientId, found)
      if (version !== undefined) {
        // Where another change of this client stored it last, that one may need it.
        const before = held.get(name)
        const isGained =
          owner !== 'this client' || (before?.isGained === true && before.version === read)
        held.set(name, { version, isGained })
        return true
      }
      // Another change of this client stored it: if that gives it back, this client cannot be stored as it was read.
      if (owner === 'this client' && called.has(name)) return true
      found = await records.look(name, clientId)
    }
    throw new Error('others kept changing who has this name')
  }
