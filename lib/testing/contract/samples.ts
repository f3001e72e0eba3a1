import { randomBytes } from 'node:crypto'
import type { Exchange, NewToken, Storage, StoredPayload } from '../../storage.ts'

// Ids as this server makes them, so that a dump can be searched for them.

/** An id that is a credential. */
export const credential = (): string => randomBytes(32).toString('base64url')

/** A grant id and what is stored for it. */
export function sampleGrant(of: StoredPayload = {}): {
  readonly id: string
  readonly payload: StoredPayload
} {
  const id = randomBytes(16).toString('base64url')
  const payload = { jti: id, kind: 'Grant', accountId: 'a', clientId: 'c', subject: 's', ...of }
  return { id, payload }
}

/** A code or token of a grant. */
export function sampleToken(grantId: string, lifetime = 60): NewToken {
  const id = grantId + credential()
  return { id, payload: { jti: id, grantId, accountId: 'a', scope: 'x y' }, lifetime }
}

/** A refresh token of a grant, that knows what comes after it. */
export const sampleRefreshToken = (
  grantId: string,
  id: string = grantId + credential(),
): Required<NewToken> => ({
  ...sampleToken(grantId),
  id,
  payload: { jti: id, grantId, accountId: 'a', scope: 'x y' },
  successor: grantId + credential(),
})

/** A refresh, as the server asks for it. */
export function sampleRefresh(
  used: NewToken,
  generation: number,
  given: Partial<Exchange> = {},
): Exchange & { readonly refreshToken: NewToken; readonly accessToken: NewToken } {
  const grantId = String(used.payload['grantId'])
  return {
    used: { kind: 'RefreshToken', id: used.id, generation },
    retryWindow: 60,
    ...given,
    refreshToken: given.refreshToken ?? sampleRefreshToken(grantId, used.successor),
    accessToken: given.accessToken ?? sampleToken(grantId),
  }
}

/** Runs something so many times at once. */
export const atOnce = <T>(count: number, action: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => action(index)))

/** A grant that has a code or a refresh token. */
export async function grantWith(
  storage: Storage,
  kind: 'AuthorizationCode' | 'RefreshToken',
): Promise<{ id: string; token: Required<NewToken> }> {
  const { id, payload } = sampleGrant()
  const token = sampleRefreshToken(id)
  await storage.grants.save(id, payload, 600)
  await storage.grants.add(id, kind, token)
  return { id, token }
}
