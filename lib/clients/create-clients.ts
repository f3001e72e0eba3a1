import { setTimeout as wait } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { refuseUnknown } from '../validation/did-you-mean.ts'
import { ClientMetadataError, ClientResumedError, UnknownClientError } from '../errors.ts'
import type { Clients } from './clients.ts'
import { lookAlikesAmong, toRegisteredClient } from './registered-client.ts'
import { register, revise, type Registry } from './registration.ts'
import { createInitialAccessTokens, createRegistrationTokens } from './registration-tokens.ts'
import { createSecretMethods } from './rotation.ts'
import { maxAge, type ClientRecord } from './stored-client.ts'

/** Makes the clients of a storage. */
export const createClients = (registry: Registry): Clients => ({
  ...createReading(registry),
  ...createWriting(registry),
  ...createLife(registry),
  ...createSecretMethods(registry),
  ...createInitialAccessTokens(registry),
  ...createRegistrationTokens(registry),
})

/** How many clients are read at a time. */
const batch = 100

function createReading({
  store,
  storage,
}: Registry): Pick<Clients, 'find' | 'findLookAlikes' | 'list'> {
  const find: Clients['find'] = async (clientId) => {
    const record = await store.read(clientId)
    return record && toRegisteredClient(record)
  }
  const list: Clients['list'] = async () => {
    const ids = await storage.records('Client').ids()
    const found: Awaited<ReturnType<typeof find>>[] = []
    for (let at = 0; at < ids.length; at += batch) {
      found.push(...(await Promise.all(ids.slice(at, at + batch).map((id) => find(id)))))
    }
    return found
      .filter((client) => client !== undefined)
      .toSorted((one, other) => one.createdAt - other.createdAt)
  }
  return {
    find,
    list,
    async findLookAlikes(clientId) {
      const record = await store.read(clientId)
      if (!record) throw new UnknownClientError()
      return lookAlikesAmong(await list(), record.metadata)
    },
  }
}

const createWriting = (registry: Registry): Pick<Clients, 'create' | 'update'> => ({
  create: (metadata) => register(registry, { metadata }),
  async update(clientId, changes, options = {}) {
    refuseUnknown(options, ['seen'])
    const { seen } = options
    const record = await revise(registry, clientId, ({ metadata }) => {
      if (seen && !isDeepStrictEqual({ ...metadata }, { ...seen })) throw changedClient()
      const { client_id: _, ...current } = metadata
      return { metadata: { ...current, ...changes } }
    })
    return toRegisteredClient(record)
  },
})

function changedClient(): Error {
  const message = 'is not registered with what was looked at: look again'
  return new ClientMetadataError([{ path: 'client', code: 'client_changed', message }])
}

function createLife({
  store,
  names,
  connections,
}: Registry): Pick<Clients, 'suspend' | 'resume' | 'remove'> {
  const stop = (clientId: string, isRemoving: boolean): Promise<ClientRecord> =>
    store.change(clientId, (current, now) => {
      const { registration } = current
      const { suspendedAt } = registration
      if (suspendedAt !== undefined && (!isRemoving || registration.isRemoving)) return current
      const stopped = { ...registration, suspendedAt: suspendedAt ?? now }
      return { ...current, registration: isRemoving ? { ...stopped, isRemoving } : stopped }
    })
  return {
    async suspend(clientId) {
      return toRegisteredClient(await stop(clientId, false))
    },
    async resume(clientId) {
      const record = await store.change(clientId, (current) => {
        const { suspendedAt, isRemoving: _, ...registration } = current.registration
        return suspendedAt === undefined ? current : { ...current, registration }
      })
      return toRegisteredClient(record)
    },
    async remove(clientId) {
      // Suspended first: if the process dies, the client can do nothing, and can be removed again.
      const suspended = await stop(clientId, true).catch((error: unknown) => {
        if (error instanceof UnknownClientError) return undefined
        throw error
      })
      if (!suspended) return false
      const by = { reason: 'client_removed' } as const
      await connections.revoke({ clientId }, by)
      // Until then, a process that does not know of it may accept a code or a consent.
      await wait(maxAge + 100)
      await connections.revoke({ clientId }, by)
      const claim = names.claimFor(clientId)
      const isDone = await store.remove(clientId, async (record) => {
        if (!record.registration.isRemoving) throw new ClientResumedError()
        await claim.reserveNone(record)
      })
      await claim.settle()
      return isDone
    },
  }
}
