import type { Storage } from '../storage.ts'
import { namesOf, type ClientMetadata } from './metadata.ts'
import { skeletonOf } from './names.ts'

/** Sees to it that no two clients have names that look alike, also where both come at once. */
export interface NameReservations {
  /**
   * Reserves what a client is called, for a minute: whoever dies before the client is stored blocks nobody.
   * Answers the members whose names others have; then nothing is reserved.
   */
  reserve(client: ClientMetadata): Promise<readonly string[]>
  /** Keeps the names for good. */
  keep(client: ClientMetadata): Promise<void>
  /** The members whose names others have. Reserves nothing. */
  findTaken(client: ClientMetadata): Promise<readonly string[]>
  /** Gives back what one was called and the other is not. */
  release(client: ClientMetadata, but?: ClientMetadata): Promise<void>
}

/** Seconds. */
const patience = 60

/**
 * A record for each look, by the client that has it.
 *
 * @param others - clients that are not stored
 */
export function createNameReservations(
  storage: Storage,
  others: readonly ClientMetadata[],
): NameReservations {
  const records = storage.records('ClientName')
  const foreign = new Set(others.flatMap((client) => [...looksOf(client).keys()]))

  const release = async (looks: Iterable<string>): Promise<void> => {
    await Promise.all(Array.from(looks, (look) => records.destroy(look)))
  }
  const isReserved = async (look: string, { client_id }: ClientMetadata): Promise<boolean> =>
    !foreign.has(look) &&
    ((await records.insert(look, { client_id }, patience)) ||
      (await records.find(look))?.['client_id'] === client_id)
  return {
    async reserve(client) {
      const looks = [...looksOf(client)]
      const taken: string[] = []
      const mine: string[] = []
      for (const [look, member] of looks) {
        const before = (await records.find(look))?.['client_id'] === client.client_id
        if (!(await isReserved(look, client))) taken.push(member)
        else if (!before) mine.push(look)
      }
      if (taken.length > 0) await release(mine)
      return taken
    },
    async findTaken(client) {
      const found = await Promise.all(
        Array.from(looksOf(client), async ([look, member]) => {
          const owner = (await records.find(look))?.['client_id']
          return owner === undefined || owner === client.client_id ? [] : [member]
        }),
      )
      return found.flat()
    },
    async keep(client) {
      const { client_id } = client
      const looks = [...looksOf(client).keys()]
      await Promise.all(looks.map((look) => records.upsert(look, { client_id })))
    },
    async release(client, but) {
      const kept = but ? looksOf(but) : new Map<string, string>()
      await release([...looksOf(client).keys()].filter((look) => !kept.has(look)))
    },
  }
}

/** What a client looks like to people, with the member each look comes from. */
const looksOf = (client: ClientMetadata): ReadonlyMap<string, string> =>
  new Map(namesOf(client).map(([member, name]) => [skeletonOf(name), member]))
