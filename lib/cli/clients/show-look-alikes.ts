import type { RegisteredClient } from '../../index.ts'
import { toList } from '../terminal/text.ts'

const shownNameOf = ({ clientId, metadata }: RegisteredClient): string =>
  metadata.client_name ?? clientId

/** Clients from open registration that look like another client, below that one. Without such clients, the text is empty. */
export function toLookAlikes(found: readonly RegisteredClient[]): string {
  if (found.length === 0) return ''
  const list = toList(found.map((client) => [client.clientId, shownNameOf(client)]))
  return `\n\nClients from open registration with a name that looks the same (they were not changed):\n${list}`
}

/** The same for scripts. */
export const toPlainLookAlikes = (found: readonly RegisteredClient[]): object => ({
  lookAlikes: found.map(({ clientId, metadata }) => ({
    clientId,
    name: metadata.client_name ?? null,
  })),
})
