import type { ClientMetadata } from './metadata.ts'
import { warnOfNames } from './name-signs.ts'
import { warnOfRedirectUris } from './redirect-uris.ts'

/** Warns of clients that were registered with something that a new client may not have. They go on working. */
export function warnOfClients(clients: readonly ClientMetadata[], nameSigns: string): void {
  warnOfRedirectUris(clients)
  warnOfNames(clients, nameSigns)
}
