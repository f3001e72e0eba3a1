import type { RecordStorage, StoredPayload } from '../storage.ts'
import { lifetimeOf, secretsOf, toClientRecord, toPayload } from './record.ts'
import type { ClientSecrets, StoredSecret } from './secrets.ts'

/** Whether that is a secret of a stored client. */
export type MatchSecret = (clientId: string, secret: string) => Promise<boolean>

/** How often it is written that a secret is in use, in milliseconds. */
const useInterval = 60_000

/**
 * Compares secrets with the hashes that are stored, and notes when each was last used. By then the client was read for
 * the same request, and is in memory.
 */
export function createSecretMatching(records: RecordStorage, secrets: ClientSecrets): MatchSecret {
  const notedAt = new Map<string, number>()

  const note = async (
    payload: StoredPayload,
    secret: StoredSecret,
    now: number,
  ): Promise<boolean> => {
    const record = toClientRecord(payload, secrets, now)
    const { metadata, registration } = record
    const used = { ...secret, lastUsedAt: now }
    const changed = {
      metadata,
      registration: {
        ...registration,
        secrets: registration.secrets.map((one) => (one.id === used.id ? used : one)),
      },
    }
    // Whoever changes the client at the same time goes first; the next use is noted, then.
    return records.swap(
      metadata.client_id,
      toPayload(changed),
      record.version,
      lifetimeOf(changed, now),
    )
  }
  const noteSoon = async (...given: Parameters<typeof note>): Promise<void> => {
    const [, { id }, now] = given
    notedAt.set(id, now)
    const isNoted = await note(...given).catch(() => false)
    if (!isNoted && notedAt.get(id) === now) notedAt.delete(id)
  }
  return async (clientId, secret) => {
    const now = Date.now()
    const payload = await records.find(clientId)
    const found = secrets.find(clientId, secret, secretsOf(payload), now)
    if (!payload || !found) return false
    const last = Math.max(found.lastUsedAt ?? 0, notedAt.get(found.id) ?? 0)
    if (now - last >= useInterval) {
      if (notedAt.size >= 10_000) notedAt.clear()
      // No answer waits for it, and none fails by it. Under the newest key, so that the older one can go.
      void noteSoon(payload, secrets.renew(clientId, secret, found), now)
    }
    return true
  }
}
