import { randomUUID } from 'node:crypto'
import type { Storage } from '../storage.ts'
import { namesOf } from './metadata.ts'
import { skeletonOf } from './names.ts'
import { claimsNames } from './record.ts'

/** The looks of a client's names to people: each look, and the member that it comes from. */
export type Looks = ReadonlyMap<string, string>

/** Who has a name, as it was read, and in which version that is stored. */
export interface NameOwner {
  /** `past client`: one that is gone or called something else, and is not about to be stored. */
  readonly owner: 'nobody' | 'this client' | 'past client' | 'other client'
  readonly version?: string | undefined
  /** The client that has it or had it. */
  readonly clientId?: string
}

/** The records of names: one for each look, with the client that has it. */
export interface NameRecords {
  /** Who has a name, as the client of that id sees it. */
  look(name: string, clientId: string): Promise<NameOwner>
  /**
   * Stores that a client has a name, where it still is as it was read. Resolves to the version that is stored now; undefined
   * where somebody was faster.
   */
  take(name: string, clientId: string, from: NameOwner): Promise<string | undefined>
  /** Removes a name in the version that was read or stored, and in no other. */
  giveBack(name: string, clientId: string, version: string | undefined): Promise<void>
}

/** For how long a client may be about to be stored, in milliseconds. */
const patience = 60_000

/** Reads and writes who is called what. */
export function createNameRecords(storage: Storage): NameRecords {
  const [records, clients] = [storage.records('ClientName'), storage.records('Client')]
  const take: NameRecords['take'] = async (name, clientId, { owner, version: from }) => {
    const version = randomUUID()
    const record = { client_id: clientId, since: Date.now(), version }
    const isDone = await (owner === 'nobody'
      ? records.insert(name, record)
      : records.swap(name, record, from))
    return isDone ? version : undefined
  }
  return {
    take,
    async look(name, clientId) {
      const found = await records.find(name)
      if (!found) return { owner: 'nobody' }
      const { since, version } = found
      const id = String(found['client_id'])
      if (id === clientId) return { owner: 'this client', version }
      // It is reserved before its client is stored. Where that is not to be told from it, it was long ago.
      const isYoung = typeof since === 'number' && Date.now() - since < patience
      const stored = isYoung ? undefined : await clients.find(id)
      const isCalledSo = isYoung || claimedLooksOf(stored, stored?.['registration']).has(name)
      return { owner: isCalledSo ? 'other client' : 'past client', version, clientId: id }
    },
    async giveBack(name, clientId, version) {
      const known = version ?? (await take(name, clientId, { owner: 'this client', version }))
      if (known !== undefined) await records.destroy(name, known)
    },
  }
}

/** The looks of a client; none if there is no client. */
export const looksOf = (client: object | undefined): Looks =>
  new Map(namesOf(client).map(([member, name]) => [skeletonOf(name), member]))

/** The looks that a client claims. */
export const claimedLooksOf = (client: object | undefined, registration: unknown): Looks =>
  looksOf(client && claimsNames(client, registration) ? client : undefined)
