import type Provider from 'oidc-provider'
import { errors, type Client } from 'oidc-provider'
import type { RecordStorage } from '../storage.ts'
import { toShownClientMetadata } from '../clients/stored-client.ts'

/** Finds a client to show to people, one that is suspended as well. */
export type FindShownClient = (clientId: string) => Promise<Client | undefined>

/**
 * Looks for clients where the framework does, and then among the suspended ones. One of which something else is stored
 * than a client can be gets no answers any more, as one that is gone: what is connected to it must not keep a
 * person from seeing and ending the rest.
 */
export function createFindShownClient(provider: Provider, records: RecordStorage): FindShownClient {
  const Client = provider.Client as unknown as new (metadata: object) => Client
  return async (clientId) => {
    try {
      const found: Client | undefined = await provider.Client.find(clientId)
      if (found) return found
      const payload = await records.find(clientId)
      return payload && new Client(toShownClientMetadata(payload))
    } catch (error) {
      if (error instanceof errors.InvalidClientMetadata) return undefined
      throw error
    }
  }
}
