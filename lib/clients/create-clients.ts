import { setTimeout as wait } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { refuseUnknown } from '../validation/did-you-mean.ts'
import { ClientResumedError, UnknownClientError } from '../errors.ts'
import type { Clients } from './clients.ts'
import { lookAlikesAmong, toRegisteredClient } from './registered-client.ts'
import { checkSeconds, register, revise, toRefusal, type Registry } from './registration.ts'
import { createInitialAccessTokens, createRegistrationTokens } from './registration-tokens.ts'
import { generateClientSecret, isLive } from './secrets.ts'
import { maxAge, type ClientRecord, type StoredSecret } from './stored-client.ts'

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
      if (seen && !isDeepStrictEqual({ ...metadata }, { ...seen })) {
        const message = 'is not registered with what was looked at: look again'
        throw toRefusal('client', message, 'client_changed')
      }
      const { client_id: _, ...current } = metadata
      return { metadata: { ...current, ...changes } }
    })
    return toRegisteredClient(record)
  },
})

function createLife({
  store,
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
      return store.remove(clientId, ({ registration }) => {
        if (!registration.isRemoving) throw new ClientResumedError()
      })
    },
  }
}

/** Makes the methods for the secrets of a client. */
function createSecretMethods({
  store,
  secrets,
}: Registry): Pick<Clients, 'rotateSecret' | 'endOldSecrets'> {
  return {
    async rotateSecret(clientId, options = {}) {
      refuseUnknown(options, ['now', 'oldEndsIn'])
      const { oldEndsIn = defaultEndsIn, now: endsNow = false } = options
      checkSeconds('oldEndsIn', oldEndsIn, 0)
      const secret = generateClientSecret()
      const added = secrets.toStored(clientId, secret, Date.now())
      const record = await store.change(clientId, (current) => {
        const { metadata, registration } = current
        if (metadata.token_endpoint_auth_method === 'none') {
          throw toRefusal('token_endpoint_auth_method', 'is "none": a public client has no secret')
        }
        const all = withNewSecret(registration.secrets, added, endsNow ? 0 : oldEndsIn)
        return { ...current, registration: { ...registration, secrets: all } }
      })
      return { client: toRegisteredClient(record), secret }
    },
    async endOldSecrets(clientId, options = {}) {
      refuseUnknown(options, ['ids'])
      const { ids } = options
      const record = await store.change(clientId, (current, now) => {
        const { registration } = current
        const live = registration.secrets.filter((one) => isLive(one, now))
        if (ids && live.map(({ id }) => id).join() !== ids.join()) {
          const message = 'are not those that were looked at: look again'
          throw toRefusal('secrets', message, 'secrets_changed')
        }
        if (live.length < 2) return current
        return { ...current, registration: { ...registration, secrets: live.slice(0, 1) } }
      })
      return toRegisteredClient(record)
    },
  }
}

/** How long a secret goes on working after the next one was made, in seconds. */
const defaultEndsIn = 7 * 86_400

/**
 * Returns the secret that goes on if there are two: the one that was used last. If no use was noted, it is the older one, as the newer
 * one may never have arrived.
 *
 * @param secrets - the living ones, newest first
 */
export const findInUse = <T extends { readonly lastUsedAt?: number | undefined }>(
  secrets: readonly T[],
): T | undefined =>
  secrets.toReversed().toSorted((one, other) => (other.lastUsedAt ?? 0) - (one.lastUsedAt ?? 0))[0]

/**
 * Returns the secrets of a client after a rotation: the new one, and the one in use before it, which gets an end.
 *
 * @param secrets - newest first
 */
function withNewSecret(
  secrets: readonly StoredSecret[],
  added: StoredSecret,
  oldEndsIn: number,
): readonly StoredSecret[] {
  if (secrets.some(({ id }) => id === added.id)) return secrets
  const now = added.createdAt
  const inUse = findInUse(secrets.filter((secret) => isLive(secret, now)))
  const expiresAt = Math.min(inUse?.expiresAt ?? Infinity, now + oldEndsIn * 1000)
  return inUse && oldEndsIn > 0 ? [added, { ...inUse, expiresAt }] : [added]
}
