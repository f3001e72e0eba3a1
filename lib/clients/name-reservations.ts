import type { Storage } from '../storage.ts'
import type { ClientMetadata } from './metadata.ts'
import { createNameClaim, type NameClaim } from './name-claim.ts'
import { createNameRecords, looksOf } from './name-records.ts'

/** Sees to it that no two clients have names that look alike, also where both come at once. */
export interface NameReservations {
  /** Begins a change of what a client is called. */
  claimFor(clientId: string): NameClaim
  /** The members whose names others have. Reserves nothing. */
  findTaken(client: ClientMetadata): Promise<readonly string[]>
}

/**
 * Makes the reservations of a storage.
 *
 * @param others - clients that are not stored
 */
export function createNameReservations(
  storage: Storage,
  others: readonly ClientMetadata[],
): NameReservations {
  const records = createNameRecords(storage)
  const foreign = new Set(others.flatMap((client) => [...looksOf(client).keys()]))
  return {
    claimFor: (clientId) => createNameClaim(records, clientId, foreign),
    async findTaken(client) {
      const found = await Promise.all(
        Array.from(looksOf(client), async ([name, member]) => {
          const { owner } = await records.look(name, client.client_id)
          return owner === 'other client' ? [member] : []
        }),
      )
      return found.flat()
    },
  }
}
