import { setTimeout as wait } from 'node:timers/promises'
import { ClientResumedError, UnknownClientError } from '../errors.ts'
import { maxAge } from './client-cache.ts'
import type { Clients } from './clients.ts'
import { looksOf } from './name-records.ts'
import type { ClientRecord } from './record.ts'
import type { Registry } from './registry.ts'
import { toRegisteredClient } from './shown-client.ts'

/** What is done to a client as a whole. */
export function createLifeMethods({
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
      return toRegisteredClient(await stop(clientId, false), Date.now())
    },
    async resume(clientId) {
      const record = await store.change(clientId, (current) => {
        const { suspendedAt, isRemoving: _, ...registration } = current.registration
        return suspendedAt === undefined ? current : { ...current, registration }
      })
      return toRegisteredClient(record, Date.now())
    },
    async remove(clientId) {
      // Suspended first: whoever dies on the way leaves a client that can do nothing, and can be removed again.
      const suspended = await stop(clientId, true).catch((error: unknown) => {
        if (error instanceof UnknownClientError) return undefined
        throw error
      })
      if (!suspended) return false
      const by = { reason: 'client_removed' } as const
      await connections.revoke({ clientId }, by)
      // Until then, a process that has not heard of it may take a code or a consent.
      await wait(maxAge + 100)
      await connections.revoke({ clientId }, by)
      const claim = names.claimFor(clientId)
      const isDone = await store.remove(clientId, async ({ metadata, registration }) => {
        if (!registration.isRemoving) throw new ClientResumedError()
        await claim.reserve(new Map(), looksOf(metadata))
      })
      await claim.settle()
      return isDone
    },
  }
}
