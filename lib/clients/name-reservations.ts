import type { Storage } from '../storage.ts'
import type { ClientMetadata } from './metadata.ts'
import { createNameClaim, type NameClaim } from './name-claim.ts'
import { createNameRecords, looksOf, type Looks } from './name-records.ts'

/** Sees to it that no two clients claim names that look alike, also if both come at once. */
export interface NameReservations {
  /** Begins a change of what a client is called. */
  claimFor(clientId: string): NameClaim
  /** Of these names of a client, those that others claim. Reserves nothing. */
  findTaken(clientId: string, looks: Looks): Promise<readonly TakenName[]>
}

/** A name that another client claims. */
export interface TakenName {
  /** The member that asks for it. */
  readonly member: string
  /** The id of the other client. */
  readonly by: string
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
  const foreign = new Map(
    others.flatMap((client) =>
      Array.from(looksOf(client).keys(), (look) => [look, client.client_id] as const),
    ),
  )
  return {
    claimFor: (clientId) => createNameClaim(records, clientId, foreign),
    async findTaken(clientId, looks) {
      const found = await Promise.all(
        Array.from(looks, async ([look, member]) => {
          const { owner, clientId: by } = await records.look(look, clientId)
          return { member, by: foreign.get(look) ?? (owner === 'other client' ? by : undefined) }
        }),
      )
      return found.flatMap(({ member, by }) => (by === undefined ? [] : [{ member, by }]))
    },
  }
}
