import type { Storage } from '../storage.ts'

/** From where people and clients have authenticated. A stranger who uses up a limit of theirs does not lock them out there. */
export interface KnownAddresses {
  /** Whether it happened within the last 30 days. */
  isKnown(owner: string, address: string): Promise<boolean>
  /**
   * Remembers an address. The storage hears of it once a day from each process, and of a bounded number for each owner: clients that
   * strangers register must not fill it.
   */
  remember(owner: string, address: string): Promise<void>
}

/** For how long the storage remembers an address, in seconds, and how often it is told, in milliseconds. */
const lifetime = 30 * 86_400
const interval = 86_400_000

/** How many addresses a process remembers, and how many of one owner it tells the storage of in a day. */
const mostKnown = 10_000
const mostOfOwner = 100

/** @param kind - of the owners */
export function createKnownAddresses(
  storage: Pick<Storage, 'records'>,
  kind: 'account' | 'client',
): KnownAddresses {
  const records = storage.records('KnownAddress')
  const toldAt = new Map<string, number>()
  const toldOf = new Map<string, { count: number; readonly since: number }>()
  const isBelowMost = (owner: string): boolean => {
    const now = performance.now()
    const told = toldOf.get(owner)
    if (told && now - told.since < interval) return (told.count += 1) <= mostOfOwner
    if (toldOf.size >= mostKnown) toldOf.clear()
    toldOf.set(owner, { count: 1, since: now })
    return true
  }
  // No address has a space in it.
  const toId = (owner: string, address: string): string => `${kind} ${address} ${owner}`
  const ageOf = (id: string): number => performance.now() - (toldAt.get(id) ?? -Infinity)
  return {
    async isKnown(owner, address) {
      const id = toId(owner, address)
      return ageOf(id) < lifetime * 1000 || (await records.find(id)) !== undefined
    },
    async remember(owner, address) {
      const id = toId(owner, address)
      if (ageOf(id) < interval || !isBelowMost(owner)) return
      if (toldAt.size >= mostKnown) toldAt.clear()
      toldAt.set(id, performance.now())
      await records.upsert(id, {}, lifetime).catch(() => {
        toldAt.delete(id)
        toldOf.delete(owner)
      })
    },
  }
}
