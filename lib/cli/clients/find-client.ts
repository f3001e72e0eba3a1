import type { Administration } from '../../administration.ts'
import type { Clients, RegisteredClient } from '../../index.ts'
import { toHint } from '../../validation/did-you-mean.ts'
import type { CommonOptions } from '../run.ts'
import { Refusal } from '../terminal/refusals.ts'
import { clean, toList, toTime } from '../terminal/text.ts'

/** The description of an argument or option that names a client. */
export const clientWords = 'its id, or its name if only one has it'

/**
 * Finds a registered client by its id, or by its name.
 *
 * @throws {@link Refusal} that says where the client was looked up, if there is none, and which there are, if there are several
 */
export async function findClient(
  clients: Clients,
  given: string,
  { config, keyPrefix }: CommonOptions,
): Promise<RegisteredClient> {
  const found = await findByIdOrName(clients, given)
  if (found) return found
  const prefix = keyPrefix === undefined ? '' : ` with the key prefix ${keyPrefix}`
  const where = config
    ? `among those of the server of ${config}`
    : `in the Redis that REDIS_URL names${prefix}`
  const names = (await clients.list()).flatMap((client) => namesOf(client))
  throw new Refusal(
    `no such client is registered: ${clean(given)} is not ${clean(where)}${clean(toHint(given, names))} (clients given with the options of a server are not looked up)`,
  )
}

/** A client that something was granted to, registered or not. */
export interface GrantedClient {
  readonly clientId: string
  /** Absent for a client that is not known here. */
  readonly name: string | undefined
  /** Whether it is registered, or given with the options of a server that is known. */
  readonly isKnown: boolean
}

/**
 * Finds a client by its id, or a registered one by its name. Anything else counts as the id of a client that is not known here.
 *
 * @throws {@link Refusal} if several clients have the name
 */
export async function findGranted(
  { clients, provider }: Administration,
  given: string,
): Promise<GrantedClient> {
  const registered = await findByIdOrName(clients, given)
  if (registered) {
    const { clientId, metadata } = registered
    return { clientId, name: metadata.client_name, isKnown: true }
  }
  const fromOptions = await provider?.Client.find(given)
  return { clientId: given, name: fromOptions?.clientName, isKnown: fromOptions !== undefined }
}

async function findByIdOrName(
  clients: Clients,
  given: string,
): Promise<RegisteredClient | undefined> {
  const byId = await clients.find(given)
  if (byId) return byId
  const name = fold(given)
  const all = await clients.list()
  const [found, ...others] = all.filter((client) =>
    namesOf(client).some((one) => fold(one) === name),
  )
  if (!found || others.length === 0) return found
  const list = [found, ...others].map(
    ({ clientId, createdAt, isSelfRegistered }) =>
      [
        clientId,
        `${isSelfRegistered ? 'registered itself' : 'registered'} ${toTime(createdAt)}`,
      ] as const,
  )
  throw new Refusal(
    `nothing was changed: ${list.length} clients are called ${clean(given)}. Name one by its id:\n${toList(list)}`,
  )
}

/** The names of a client in all languages. */
const namesOf = ({ metadata }: RegisteredClient): readonly string[] =>
  Object.entries(metadata).flatMap(([member, value]) =>
    /^client_name(#|$)/.test(member) && typeof value === 'string' ? [value] : [],
  )

const fold = (name: string): string => name.normalize('NFKC').trim().toLowerCase()
