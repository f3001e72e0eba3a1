import type { RequestLimits } from '../config/options.ts'

/** The bytes that a storage needs for a record beside its content. */
const placeBytes = 350

/** One sender may use up this part of the whole. */
const partOfSender = 1 / 8

/**
 * Counts the requests that this process stored and that wait for somebody, for all senders and for each. A request counts until it
 * is given back, or until its lifetime is over.
 */
export interface RequestBudget {
  /**
   * Counts a request. Returns false, and counts nothing, if there is no room for it.
   *
   * @param lifetime - seconds
   */
  take(id: string, sender: string, bytes: number, lifetime: number): boolean
  /** Stops counting a request. */
  giveBack(id: string): void
}

interface Place {
  readonly sender: string
  readonly bytes: number
  readonly lifetime: number
  readonly until: number
}

const noPlace: Place = { sender: '', bytes: 0, lifetime: 0, until: 0 }

/** @param now - the time in milliseconds, from any start */
export function createRequestBudget(
  limits: RequestLimits,
  now: () => number = () => performance.now(),
): RequestBudget {
  const waiting = new Map<string, Place>()
  // For each lifetime, those that have it, the oldest first.
  const queues = new Map<number, Set<string>>()
  const all = { count: 0, bytes: 0 }
  const senders = new Map<string, typeof all>()
  const giveBack = (id: string): void => {
    const { sender, bytes, lifetime } = waiting.get(id) ?? noPlace
    const own = senders.get(sender)
    if (!waiting.delete(id) || !own) return
    queues.get(lifetime)?.delete(id)
    for (const sum of [all, own]) add(sum, -1, -bytes)
    if (own.count === 0) senders.delete(sender)
  }
  const giveBackEnded = (time: number): void => {
    for (const queue of queues.values()) {
      for (const id of queue) {
        if ((waiting.get(id)?.until ?? 0) > time) break
        giveBack(id)
      }
    }
  }
  return {
    giveBack,
    take(id, sender, content, lifetime) {
      const bytes = content + placeBytes
      const time = now()
      giveBackEnded(time)
      giveBack(id)
      const own = senders.get(sender) ?? { count: 0, bytes: 0 }
      if (!hasRoom(all, limits, bytes, 1) || !hasRoom(own, limits, bytes, partOfSender))
        return false
      for (const sum of [all, own]) add(sum, 1, bytes)
      senders.set(sender, own)
      waiting.set(id, { sender, bytes, lifetime, until: time + lifetime * 1000 })
      queues.set(lifetime, (queues.get(lifetime) ?? new Set()).add(id))
      return true
    },
  }
}

function add(sum: { count: number; bytes: number }, count: number, bytes: number): void {
  sum.count += count
  sum.bytes += bytes
}

const hasRoom = (sum: RequestLimits, limits: RequestLimits, bytes: number, part: number): boolean =>
  sum.count < limits.count * part && sum.bytes + bytes <= limits.bytes * part
