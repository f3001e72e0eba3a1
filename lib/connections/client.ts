import type Provider from 'oidc-provider'
import { errors, type Client } from 'oidc-provider'

/**
 * The client of a connection. One of which something else is stored than a client can be gets no answers any more, as
 * one that is gone: what is connected to it must not keep a person from seeing and ending the rest.
 */
export async function findClient(
  provider: Provider,
  clientId: string,
): Promise<Client | undefined> {
  try {
    return await provider.Client.find(clientId)
  } catch (error) {
    if (error instanceof errors.InvalidClientMetadata) return undefined
    throw error
  }
}
