import Provider, { type Adapter } from 'oidc-provider'
import type { GrantStorage, LoadedGrant, StoredPayload, TokenKind } from '../storage.ts'
import { narrowRefreshScope } from '../grants/refresh-scope.ts'
import { findRefreshToken, repeatTimesFor } from '../grants/retries.ts'
import { generationOf, grantIdOf } from '../grants/token-values.ts'
import type { AdapterParts } from './adapter.ts'
import { issue, planExchange } from './exchange.ts'
import { forgetLoaded, loadOnce, revocationReasonOf, setTokenKey } from './grant-request.ts'
import { wrongResource } from './read-parameters.ts'

/**
 * For how long after its first use a code that comes again is only refused, in milliseconds. Browsers send a redirect twice, and
 * both requests prove what the client has to prove. Later it is a replay, which ends the grant.
 */
const codeOverlap = 1000

/** Adapters of grants, and of the codes and tokens that are found through them. */
export function createGrantAdapters(parts: AdapterParts): ReadonlyMap<string, Adapter> {
  const { grants } = parts.storage
  return new Map([
    ['Grant', toGrantAdapter(parts)],
    ['AuthorizationCode', toTokenAdapter(grants, 'AuthorizationCode', createCodeMethods(parts))],
    ['RefreshToken', toTokenAdapter(grants, 'RefreshToken', createRefreshTokenMethods(parts))],
    [
      'AccessToken',
      toTokenAdapter(grants, 'AccessToken', {
        find: async (id, grantId) =>
          (await loadOnce(Provider.ctx, grants, grantId))?.find('AccessToken', id),
      }),
    ],
  ])
}

function createCodeMethods({ storage, audience, teller }: AdapterParts): TokenMethods {
  const { grants } = storage
  return {
    async find(id, grantId) {
      const loaded = await loadOnce(Provider.ctx, grants, grantId)
      const code = loaded?.find('AuthorizationCode', id)
      if (!loaded || code?.consumed === undefined) return code
      const { consumed, ...unconsumed } = code
      // Both times are of the storage, as of one moment. A consumed code ends its grant, but the framework first checks client,
      // code verifier and redirect URI.
      return loaded.now - consumed <= codeOverlap ? unconsumed : code
    },
    async consume(id, grantId) {
      refuseOtherResource(audience)
      const loaded = await loadOnce(Provider.ctx, grants, grantId)
      planExchange({
        grantId,
        used: { kind: 'AuthorizationCode', id },
        retryWindow: 0,
        whenDone(result) {
          if (result === 'exchanged' && loaded) teller.created({ grantId, payload: loaded.payload })
        },
      })
    },
  }
}

function createRefreshTokenMethods(parts: AdapterParts): TokenMethods {
  const { values, audience, repeatTimes, teller } = parts
  const { grants } = parts.storage
  return {
    async find(id, grantId) {
      const loaded = await loadOnce(Provider.ctx, grants, grantId)
      const found = loaded && findRefreshToken(values, id, loaded, Provider.ctx)
      if (loaded && found) {
        setTokenKey(Provider.ctx, found.key)
        narrowRefreshScope(Provider.ctx, { grant: loaded.payload, token: found.payload })
      }
      return found?.payload
    },
    async consume(id, grantId) {
      refuseOtherResource(audience)
      const loaded = await loadOnce(Provider.ctx, grants, grantId)
      const generation = generationOf(id) ?? 0
      planExchange({
        grantId,
        used: { kind: 'RefreshToken', id, generation },
        ...repeatTimesFor(repeatTimes, Provider.ctx, loaded?.refreshToken?.payload),
        async whenDone(result) {
          if (result === 'replayed') await endGrant(parts, grantId)
          if (!loaded) return
          const grant = { grantId, payload: loaded.payload }
          if (result === 'exchanged') teller.refreshed(grant)
          if (result === 'repeated') teller.repeated(grant, secondsSinceUse(loaded, generation))
        },
      })
    },
    // A connection is what its refresh token stands for.
    destroy: (_id, grantId) => endGrant(parts, grantId),
    successorOf: (id) => values.successorOf(id, 0),
  }
}

/** How long ago the refresh token of that generation was first used; 0 if that was after the grant was loaded. */
function secondsSinceUse({ refreshToken, now }: LoadedGrant, generation: number): number {
  const { rotatedAt = now, generation: current } = refreshToken ?? {}
  return current === generation + 1 ? (now - rotatedAt) / 1000 : 0
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
    destroy: (id) => endGrant(parts, id),
  }
}

async function endGrant(
  { storage: { grants }, teller }: AdapterParts,
  grantId: string,
): Promise<void> {
  const ctx = Provider.ctx
  forgetLoaded(ctx, grantId)
  const ended = await grants.end(grantId)
  if (ended) teller.revoked(ended, revocationReasonOf(ctx))
}

interface TokenMethods {
  find(id: string, grantId: string): Promise<StoredPayload | undefined>
  consume?(id: string, grantId: string): Promise<void>
  destroy?(id: string, grantId: string): Promise<void>
  successorOf?(id: string): string
}

function toTokenAdapter(grants: GrantStorage, kind: TokenKind, methods: TokenMethods): Adapter {
  return {
    ...unasked,
    upsert: (id, payload, lifetime = 0) => {
      const successor = methods.successorOf?.(id)
      const token = { id, payload: payload as StoredPayload, lifetime }
      return issue(grants, kind, successor === undefined ? token : { ...token, successor })
    },
    async find(id) {
      const grantId = grantIdOf(id)
      return grantId === undefined ? undefined : methods.find(id, grantId)
    },
    async consume(id) {
      await methods.consume?.(id, grantIdOf(id) ?? '')
    },
    async destroy(id) {
      const grantId = grantIdOf(id) ?? ''
      forgetLoaded(Provider.ctx, grantId)
      await (methods.destroy?.(id, grantId) ?? grants.remove(grantId, kind, id))
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

/** What the framework asks of other models only. */
const unasked = {
  consume: async () => undefined,
  findByUid: async () => undefined,
  findByUserCode: async () => undefined,
  revokeByGrantId: async () => undefined,
}

/** The framework finds this out only when code or refresh token are used up. */
function refuseOtherResource(audience: string): void {
  const resources = [Provider.ctx?.oidc.params?.['resource']].flat()
  if (resources.some((resource) => resource !== undefined && resource !== audience)) {
    throw wrongResource(audience)
  }
}
