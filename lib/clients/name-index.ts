import { randomUUID } from 'node:crypto'
import { ClientMetadataError } from '../errors.ts'
import type { RecordStorage, Storage, StoredPayload } from '../storage.ts'
import { skeletonOf } from './look-alikes.ts'
import { namesOf } from './names.ts'
import type { ClientMetadata } from './rules.ts'
import { claimsNames, registrationOf, type StoredClient } from './stored-client.ts'

// Two clients never claim names that look alike, even if both register at once. Each look has one record, which names its client and is
// stored before the client. During the first minute the record always counts. After that it counts only if the client exists and claims
// the name; otherwise another client may take it. So a crash between the two writes blocks a name for one minute at most.

/** The looks of a client's names to people: each look, and the member that it comes from. */
export type Looks = ReadonlyMap<string, string>

export const looksOf = (client: object | undefined): Looks =>
  new Map(namesOf(client).map(([member, name]) => [skeletonOf(name), member]))

/** The looks that a client claims. */
const claimedLooksOf = (client: StoredClient | undefined): Looks =>
  looksOf(client && claimsNames(client.metadata, client.registration) ? client.metadata : undefined)

/** A name with its record. */
interface FoundName {
  readonly look: string
  readonly member: string
  readonly found: StoredPayload | undefined
  /** The id of the client that has the name, unless it is the one that asks. */
  readonly by: string | undefined
}

/** The names in one change of a client. */
export interface NameClaim {
  /**
   * Reserves the names of a client. Call it before each attempt to store the client, after the client was read for that attempt.
   *
   * @param current - the client as it was read; absent if it is new
   * @throws {@link ClientMetadataError} with the members whose names are claimed by others
   */
  reserve(next: StoredClient, current?: StoredClient): Promise<void>
  /** The same for a client that is to be removed: it needs no name any more. */
  reserveNone(current: StoredClient): Promise<void>
  /** Whether there is something to settle. If the change is refused, store the client as it is, and settle then. */
  isPending(): boolean
  /** Gives back the names that the client does not claim, once it is stored like that; all of them if it is gone. */
  settle(stored?: StoredClient): Promise<void>
}

/** Keeps who is called what. */
export interface NameIndex {
  claimFor(clientId: string): NameClaim
  /** Returns those of the looks that another client claims. */
  findTaken(clientId: string, looks: Looks): Promise<readonly FoundName[]>
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
  const lookUp: ClaimParts['lookUp'] = (clientId, looks) =>
    Promise.all(
      Array.from(looks, async ([look, member]) => {
        const found = await names.find(look)
        return { look, member, found, by: await ownerOf(look, clientId, found) }
      }),
    )
  const take: ClaimParts['take'] = async (clientId, { look, found: first }) => {
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
  }
  /** Names both clients to the operator, who alone verifies a client. */
  const toError: ClaimParts['toError'] = async (taken, next, isVerifying) => {
    const issues = taken.map(async ({ member: path, by = '' }) => {
      const given = others.find(({ client_id: id }) => id === by)
      const other = isVerifying ? (given ?? (await clients.find(by))) : undefined
      const remedy = `, so ${toShown(next.metadata)} cannot be verified: change one of the two names`
      const whose = other ? toShown(other) + remedy : 'another client'
      return { path, code: 'name_taken', message: `looks to people like the name of ${whose}` }
    })
    return new ClientMetadataError(await Promise.all(issues))
  }
  return {
    findTaken: async (clientId, looks) => (await lookUp(clientId, looks)).filter(isTaken),
    claimFor: (clientId) => createClaim({ names, lookUp, take, toError }, clientId),
  }
}

const isTaken = ({ by }: FoundName): boolean => by !== undefined

type StoredName = Pick<FoundName, 'look' | 'found'>

interface ClaimParts {
  readonly names: RecordStorage
  readonly lookUp: (clientId: string, looks: Looks) => Promise<readonly FoundName[]>
  /** Stores that a client has a name. Returns the version of the record; undefined if another client has the name. */
  readonly take: (clientId: string, name: StoredName) => Promise<string | undefined>
  readonly toError: (
    taken: readonly FoundName[],
    next: StoredClient,
    isVerifying: boolean,
  ) => Promise<Error>
}

function createClaim({ names, lookUp, take, toError }: ClaimParts, clientId: string): NameClaim {
  // Record versions, by look. A record is removed only if it still has this version. If another change of this client needs the name
  // meanwhile, it writes a new version, so the record stays.
  const held = new Map<string, string>()
  const hold = async (name: StoredName): Promise<boolean> => {
    const version = await take(clientId, name)
    if (version !== undefined) held.set(name.look, version)
    return version !== undefined
  }
  const holdOwn = async (looks: Iterable<string>): Promise<void> => {
    const holdOne = async (look: string): Promise<void> => {
      const found = await names.find(look)
      if (found?.['client_id'] !== clientId) return
      // An earlier version of this server stored some records without a version.
      if (found.version === undefined) await hold({ look, found })
      else held.set(look, found.version)
    }
    await Promise.all(Array.from(looks, holdOne))
  }
  return {
    isPending: () => held.size > 0,
    reserveNone: ({ metadata }) => holdOwn(looksOf(metadata).keys()),
    async reserve(next, current) {
      const wanted = claimedLooksOf(next)
      const before = looksOf(current?.metadata)
      const added = [...looksOf(next.metadata)].filter(([look]) => !before.has(look))
      // A client that claims no names must not take a new one that another client claims, either.
      const isClaiming = claimsNames(next.metadata, next.registration)
      const isVerifying =
        isClaiming && current !== undefined && !claimsNames(current.metadata, current.registration)
      const found = await lookUp(clientId, isClaiming ? wanted : new Map(added))
      const taken = found.filter(isTaken)
      if (taken.length > 0) throw await toError(taken, next, isVerifying)
      await holdOwn([...claimedLooksOf(current).keys()].filter((look) => !wanted.has(look)))
      // Also those that it has already: their records may be under a storage key that goes.
      const isHeld = await Promise.all(isClaiming ? found.map(hold) : [])
      const lost = found.filter((_, index) => isHeld[index] === false)
      if (lost.length > 0) throw await toError(lost, next, false)
    },
    async settle(stored) {
      const kept = claimedLooksOf(stored)
      const over = [...held].filter(([look]) => !kept.has(look))
      await Promise.all(over.map(([look, version]) => names.destroy(look, version)))
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
      client && claimsNames(client, registrationOf(client)) && looksOf(client).has(look)
    return isClaimed ? id : undefined
  }
}

const toShown = (client: object): string => {
  const { client_id: id, client_name: name = '' } = client as Partial<ClientMetadata>
  return `${id} ("${name}")`
}
