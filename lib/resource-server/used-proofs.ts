import type { UsedProofs } from '../storage.ts'
import { checkMembers, toNumber } from './options.ts'

/** What {@link inProcess} takes. */
export interface InProcessOptions {
  /**
   * How many proofs of one client are remembered. A new one pushes out the oldest of the same client.
   *
   * @defaultValue 100000
   */
  readonly maxProofsPerClient?: number
  /**
   * How many proofs of all clients are remembered. A new one pushes out the oldest of the client that has the most.
   *
   * @defaultValue 500000
   */
  readonly maxProofs?: number
}

/** The proofs of one client by their ids, oldest first, with their ends as `performance.now()` has them. */
type Proofs = Map<string, number>

/**
 * Remembers in the memory of this process which DPoP proofs were used. Another process of the API would accept them again.
 *
 * @throws TypeError if an option is wrong
 */
export function inProcess(options: InProcessOptions = {}): UsedProofs {
  checkMembers('inProcess', options, ['maxProofsPerClient', 'maxProofs'])
  const { maxProofs, maxProofsPerClient } = options
  const mostOfOne = toNumber(
    'inProcess: maxProofsPerClient',
    maxProofsPerClient,
    [1, 10_000_000],
    100_000,
  )
  const most = toNumber('inProcess: maxProofs', maxProofs, [1, 100_000_000], 500_000)
  // The client that came last is last.
  const clients = new Map<string, Proofs>()
  let size = 0
  const forget = (proofs: Proofs, isOver: (until: number) => boolean): void => {
    for (const [id, until] of proofs) {
      if (!isOver(until)) return
      size -= Number(proofs.delete(id))
    }
  }
  const forgetEnded = (now: number): void => {
    for (const [clientId, proofs] of clients) {
      forget(proofs, (until) => until <= now)
      if (proofs.size > 0) return
      clients.delete(clientId)
    }
  }
  return {
    // In one step, so that only one of several requests at once is the first.
    async use({ clientId, id, lifetime }) {
      const now = performance.now()
      forgetEnded(now)
      const proofs: Proofs = clients.get(clientId) ?? new Map()
      clients.delete(clientId)
      clients.set(clientId, proofs)
      forget(proofs, (until) => until <= now)
      if (proofs.has(id)) return false
      forget(proofs, () => proofs.size >= mostOfOne)
      if (size >= most) forget(largestOf(clients), () => size >= most)
      proofs.set(id, now + lifetime * 1000)
      size += 1
      return true
    },
  }
}

const largestOf = (clients: ReadonlyMap<string, Proofs>): Proofs =>
  [...clients.values()].reduce((one, other) => (other.size > one.size ? other : one))

let isTold = false

/** Warns once in this process that nobody said where used proofs are remembered. */
export function warnOfOneProcess(): void {
  if (isTold) return
  isTold = true
  process.emitWarning(
    'bearer() remembers used DPoP proofs in this process only: another process of the API would accept them again. ' +
      'Set usedProofs to a memory that all processes share, as usedProofs of createRedisAdapter(), or to inProcess() if there is one process',
    { type: 'ResourceServerWarning', code: 'proofs_in_one_process' },
  )
}
