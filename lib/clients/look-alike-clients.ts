import type { Clients, RegisteredClient } from './clients.ts'
import type { ClientMetadata } from './metadata.ts'
import { looksOf } from './name-records.ts'

/** Those of some clients that claim no name, and have one that looks like a name of this client. */
export function lookAlikesAmong(
  clients: readonly RegisteredClient[],
  client: ClientMetadata,
): readonly RegisteredClient[] {
  const looks = looksOf(client)
  return clients.filter(
    ({ clientId, metadata, claimsNames }) =>
      !claimsNames &&
      clientId !== client.client_id &&
      [...looksOf(metadata).keys()].some((look) => looks.has(look)),
  )
}

/** Warns of registered clients that claim no name and look like a client given with the options. */
export async function warnOfLookAlikes(
  registered: Pick<Clients, 'list'>,
  given: readonly ClientMetadata[],
): Promise<void> {
  const named = given.filter((client) => looksOf(client).size > 0)
  if (named.length === 0) return
  const all = await registered.list()
  for (const client of named) {
    const ids = lookAlikesAmong(all, client).map(({ clientId }) => clientId)
    if (ids.length === 0) continue
    const more = ids.length > mostShown ? ` and ${ids.length - mostShown} more` : ''
    process.emitWarning(
      `The client "${client.client_id}" of the options has a name that clients from open registration have, too: ` +
        `${ids.slice(0, mostShown).join(', ')}${more}. They were not changed. Suspend or remove those that you do not know.`,
      { type: 'ClientWarning', code: 'look_alike_clients' },
    )
  }
}

/** How many clients a warning names. */
const mostShown = 10
