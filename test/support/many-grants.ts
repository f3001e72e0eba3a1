import { createGrantId } from '../../lib/grants/token-values.ts'
import type { Storage, StoredPayload } from '../../lib/index.ts'
import { bakery } from './people.ts'
import { confidential } from './server.ts'

const day = 86_400

/**
 * Stores grants of one client for one company, as consent and redemption do. Resolves to their ids, from the oldest on.
 *
 * @param lifetime - in seconds
 */
export async function grantMany(
  storage: Storage,
  count: number,
  given: StoredPayload = {},
  lifetime: number = 365 * day,
): Promise<readonly string[]> {
  const ids = Array.from({ length: count }, createGrantId)
  const now = Math.floor(Date.now() / 1000)
  for (const [index, id] of ids.entries()) {
    const payload = {
      jti: id,
      kind: 'Grant',
      accountId: 'sofia',
      clientId: confidential.client_id,
      subject: bakery,
      openid: { scope: 'companies:read' },
      iat: now - count + index,
      exp: now + lifetime,
      ...given,
    }
    await storage.grants.save(id, payload, lifetime)
    const token = { id: id + createGrantId(), payload: {}, lifetime: day }
    await storage.grants.add(id, 'RefreshToken', token)
  }
  return ids
}
