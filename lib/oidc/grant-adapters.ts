import Provider, { errors, type Adapter } from 'oidc-provider'
import type { StoredPayload, TokenKind } from '../storage.ts'
import { endGrant } from '../grants/issue.ts'
import { findRefreshToken } from '../grants/refresh.ts'
import { grantIdOf } from '../grants/token-values.ts'
import type { AdapterParts } from './adapter.ts'
import { forgetLoaded, loadOnce } from './grant-request.ts'

// The token endpoint does not use these adapters: it redeems codes and refreshes by itself.

/** Adapters of grants, and of the codes and tokens that are found through them. */
export function createGrantAdapters(parts: AdapterParts): ReadonlyMap<string, Adapter> {
  const { storage, values } = parts
  return new Map([
    ['Grant', toGrantAdapter(parts)],
    ['AuthorizationCode', toCodeAdapter(parts)],
    [
      'RefreshToken',
      toTokenAdapter(parts, 'RefreshToken', async (id, grantId) => {
        const loaded = await loadOnce(Provider.ctx, storage.grants, grantId)
        const found = loaded && findRefreshToken(values, id, loaded)
        if (!found?.isReplaced) return found?.payload
        return { ...found.payload, consumed: loaded?.refreshToken?.rotatedAt ?? loaded?.now ?? 0 }
      }),
    ],
    [
      'AccessToken',
      toTokenAdapter(parts, 'AccessToken', async (id, grantId) =>
        (await loadOnce(Provider.ctx, storage.grants, grantId))?.find('AccessToken', id),
      ),
    ],
  ])
}

function toGrantAdapter(parts: AdapterParts): Adapter {
  const { grants } = parts.storage
  return {
    ...unasked,
    async upsert(id, payload, lifetime = 0) {
      forgetLoaded(Provider.ctx, id)
      // First, so that no grant is left of a client that has just ended.
      await parts.keepClient(String(payload.clientId))
      await grants.save(id, payload as StoredPayload, lifetime)
    },
    find: async (id) => (await loadOnce(Provider.ctx, grants, id))?.payload,
    destroy: (id) => end(parts, id),
  }
}

async function end({ storage: { grants }, teller }: AdapterParts, grantId: string): Promise<void> {
  const ctx = Provider.ctx
  forgetLoaded(ctx, grantId)
  const isByClient = ctx?.oidc.route === 'revocation'
  await endGrant({ grants, teller }, grantId, isByClient ? 'partner' : 'administrator')
}

const toCodeAdapter = ({ storage: { grants } }: AdapterParts): Adapter => ({
  ...unasked,
  async upsert(id, payload, lifetime = 0) {
    const grantId = grantIdOf(id) ?? ''
    forgetLoaded(Provider.ctx, grantId)
    const code = { id, payload: payload as StoredPayload, lifetime }
    if (await grants.add(grantId, 'AuthorizationCode', code)) return
    // Somebody ended the grant while this request was answered: that always wins.
    throw new errors.AccessDenied('the grant was ended')
  },
})

function toTokenAdapter(
  parts: AdapterParts,
  kind: Exclude<TokenKind, 'AuthorizationCode'>,
  find: (id: string, grantId: string) => Promise<StoredPayload | undefined>,
): Adapter {
  const { grants } = parts.storage
  return {
    ...unasked,
    async find(id) {
      const grantId = grantIdOf(id)
      return grantId === undefined ? undefined : find(id, grantId)
    },
    async destroy(id) {
      const grantId = grantIdOf(id) ?? ''
      // Without its refresh token, a connection is over.
      if (kind === 'RefreshToken') return end(parts, grantId)
      forgetLoaded(Provider.ctx, grantId)
      await grants.remove(grantId, kind, id)
    },
    async revokeByGrantId(grantId) {
      // Revoking an access token is not ending the connection (RFC 7009, Section 2.1).
      const { oidc } = Provider.ctx ?? {}
      if (oidc?.route === 'revocation' && oidc.entities.AccessToken) return
      forgetLoaded(Provider.ctx, grantId)
      await grants.remove(grantId, kind)
    },
  }
}

/** Methods for other models. Only the token endpoint issues access tokens and refresh tokens. */
const unasked: Adapter = {
  upsert: () => Promise.reject(new TypeError('only the token endpoint issues tokens of a grant')),
  find: async () => undefined,
  destroy: async () => undefined,
  consume: async () => undefined,
  findByUid: async () => undefined,
  findByUserCode: async () => undefined,
  revokeByGrantId: async () => undefined,
}
