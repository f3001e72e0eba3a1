import type { ClientMetadata } from '../../lib/index.ts'
import { drawRequest, pickFrom, type ClientRequest } from './client-requests.ts'
import { createRandom } from './fuzzing.ts'
import { resourceServer } from './server.ts'

/** Draws requests for introspection. */
export function createRequests(
  callers: readonly ClientMetadata[],
  tokens: readonly string[],
): () => ClientRequest {
  const random = createRandom()
  return () => {
    const caller = random() < 0.4 ? resourceServer : pickFrom(random, callers)
    const fields = new URLSearchParams(random() < 0.95 ? { token: pickFrom(random, tokens) } : {})
    return drawRequest(random, caller, { path: '/oauth/token/introspect', fields })
  }
}
