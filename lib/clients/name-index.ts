import { randomUUID } from 'node:crypto'
import { ClientMetadataError } from '../errors.ts'
import type { RecordStorage, Storage, StoredPayload } from '../storage.ts'
import { skeletonOf } from './look-alikes.ts'
import { namesOf } from './names.ts'
import type { ClientMetadata } from './members.ts'
import { isUnvetted, registrationOf, type StoredClient } from './stored-client.ts'

// Two clients never claim names that look alike, even if both register at once. Each look has one record, which names its client and is
// stored before the client. During the first minute the record always counts. After that it counts only if the client exists and claims
// the name; otherwise another client may take it. So a crash between the two writes blocks a name for one minute at most.

/** The looks of a client's names to people: each look, and the member that it comes from. */
export type Looks = ReadonlyMap<string, string>

export const looksOf = (client: object | undefined): Looks =>
  new Map(namesOf(client).map(([member, name]) => [skeletonOf(name), member]))

const isClaiming = ({ metadata, registration }: StoredClient): boolean =>
  !isUnvetted(metadata, registration)

/** A name of a client, as it is found. */
interface FoundName {
  readonly look: string
  readonly member: string
  readonly record: StoredPayload | undefined
  /** The id of the client that has the name, unless it is the one that asks. */
  readonly by: string | undefined
}

/** Keeps who is called what. */
export interface NameIndex {
  /** Finds the names with some looks, and who has them. */
  find(clientId: string, looks: Looks): Promise<readonly FoundName[]>
  /** Stores that the client has a name. Returns the version of the record; `undefined` if another client has the name. */
  take(clientId: string, name: FoundName): Promise<string | undefined>
  /** Gives a name back, unless its record has another version. */
  giveBack(look: string, version: string): Promise<boolean>
  /** Says that a client cannot have some names. Only the operator learns whose they are: the operator alone verifies a client. */
  toError(taken: readonly FoundName[], client: StoredClient, isVerifying: boolean): Promise<Error>
}

/** For how long a name waits for its client, in milliseconds. */
const patience = 60_000

/** How often a name is tried: each time, another change got it, gave it back or stored it anew. */
const attempts = 100

/**
 * Makes the index of a storage.
 *
 * @param others - clients that are not stored
 */
export function createNameIndex(storage: Storage, others: readonly ClientMetadata[]): NameIndex {
  const [names, clients] = [storage.records('ClientName'), storage.records('Client')]
  const ownerOf = createOwnerOf(clients, others)
  return {
    find: (clientId, looks) =>
      Promise.all(
        Array.from(looks, async ([look, member]) => {
          const record = await names.find(look)
          return { look, member, record, by: await ownerOf(look, clientId, record) }
        }),
      ),
    async take(clientId, { look, record: first }) {
      for (let attempt = 0, found = first; attempt < attempts; attempt += 1) {
        const version = randomUUID()
        const record = { client_id: clientId, since: Date.now(), version }
        const isDone = await (found
          ? names.swap(look, record, found.version)
          : names.insert(look, record))
        if (isDone) return version
        found = await names.find(look)
        if ((await ownerOf(look, clientId, found)) !== undefined) return undefined
      }
      throw new Error('others kept changing who has this name')
    },
    giveBack: (look, version) => names.destroy(look, version),
    async toError(taken, { metadata }, isVerifying) {
      const issues = taken.map(async ({ member: path, by = '' }) => {
        const given = others.find(({ client_id: id }) => id === by)
        const other = isVerifying ? (given ?? (await clients.find(by))) : undefined
        const remedy = `, so ${toShown(metadata)} cannot be verified: change one of the two names`
        const whose = other ? toShown(other) + remedy : 'another client'
        return { path, code: 'name_taken', message: `looks to people like the name of ${whose}` }
      })
      return new ClientMetadataError(await Promise.all(issues))
    },
  }
}

/** Finds the id of the client that has a name, unless it is the one that asks, or has lost the name. */
type OwnerOf = (
  look: string,
  clientId: string,
  found: StoredPayload | undefined,
) => Promise<string | undefined>

function createOwnerOf(clients: RecordStorage, others: readonly ClientMetadata[]): OwnerOf {
  const foreign = new Map(
    others.flatMap((client) =>
      Array.from(looksOf(client).keys(), (look) => [look, client.client_id] as const),
    ),
  )
  return async (look, clientId, found) => {
    if (foreign.has(look) || !found) return foreign.get(look)
    const id = String(found['client_id'])
    if (id === clientId) return undefined
    const { since } = found
    if (typeof since === 'number' && Date.now() - since < patience) return id
    const client = await clients.find(id)
    const isClaimed =
      client && !isUnvetted(client, registrationOf(client)) && looksOf(client).has(look)
    return isClaimed ? id : undefined
  }
}

const toShown = (client: object): string => {
  const { client_id: id, client_name: name = '' } = client as Partial<ClientMetadata>
  return `${id} ("${name}")`
}

/** The names in one change of a client. */
export interface NameClaim {
  /**
   * Reserves the names of a client. Call it before each attempt to store the client, after the client was read for that attempt.
   *
   * @param next - absent if the client is to be removed
   * @param current - the client as it was read; absent if it is new
   * @throws {@link ClientMetadataError} with the members whose names are claimed by others
   */
  reserve(next: StoredClient | undefined, current?: StoredClient): Promise<void>
  /** Whether there is something to settle. If the change is refused, store the client as it is, and settle then. */
  isPending(): boolean
  /** Gives back the names that the client, as it is stored now, does not claim. Gives back all if it is gone. */
  settle(stored?: StoredClient): Promise<void>
}

/** Makes the claim for one change. */
export function createNameClaim(index: NameIndex, clientId: string): NameClaim {
  // Record versions, by look. A record is removed only if it still has this version. If another change of this client needs the name
  // meanwhile, it writes a new version, so the record stays.
  const held = new Map<string, string>()
  const hold = async (name: FoundName): Promise<boolean> => {
    const version = await index.take(clientId, name)
    if (version !== undefined) held.set(name.look, version)
    return version !== undefined
  }
  return {
    isPending: () => held.size > 0,
    async reserve(next, current) {
      const [before, after] = [looksOf(current?.metadata), looksOf(next?.metadata)]
      const leaving = [...before].filter(([look]) => !after.has(look))
      const found = await index.find(clientId, new Map([...after, ...leaving]))
      const claimed = next && isClaiming(next) ? after : new Map<string, string>()
      // A client that claims no names must not take a new one that another client claims, either.
      const taken = found.filter(
        ({ look, by }) =>
          by !== undefined && after.has(look) && (claimed.has(look) || !before.has(look)),
      )
      const isVerifying = claimed === after && current !== undefined && !isClaiming(current)
      if (next && taken.length > 0) throw await index.toError(taken, next, isVerifying)
      for (const name of found) {
        const { look, record } = name
        if (claimed.has(look) || record?.['client_id'] !== clientId) continue
        // An earlier version of this server stored some records without a version.
        if (record.version === undefined) await hold(name)
        else held.set(look, record.version)
      }
      // Also those that it has already: their records may be under a storage key that goes.
      const wanted = found.filter(({ look }) => claimed.has(look))
      const isHeld = await Promise.all(wanted.map(hold))
      const lost = wanted.filter((_, at) => isHeld[at] === false)
      if (next && lost.length > 0) throw await index.toError(lost, next, false)
    },
    async settle(stored) {
      if (held.size === 0) return
      const kept = stored && isClaiming(stored) ? looksOf(stored.metadata) : undefined
      const over = [...held].filter(([look]) => !kept?.has(look))
      await Promise.all(over.map(([look, version]) => index.giveBack(look, version)))
    },
  }
}
