import type { Clients, RegisteredClient } from '../../index.ts'
import type { CommonOptions } from '../run.ts'
import { Refusal } from '../terminal/refusal.ts'
import { clean } from '../terminal/text.ts'

/**
 * Finds a client that is registered.
 *
 * @throws {@link Refusal} that says where it is not
 */
export async function findClient(
  clients: Clients,
  id: string,
  { config, keyPrefix }: CommonOptions,
): Promise<RegisteredClient> {
  const client = await clients.find(id)
  if (client) return client
  const prefix = keyPrefix === undefined ? '' : ` with the key prefix ${keyPrefix}`
  const where = config
    ? `among those of the server of ${config}`
    : `in the Redis that REDIS_URL names${prefix}`
  throw new Refusal(
    `no such client is registered: ${clean(id)} is not ${clean(where)} (clients given with the options of a server are not looked up)`,
  )
}
