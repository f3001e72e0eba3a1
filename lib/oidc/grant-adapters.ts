import Provider, { errors, type Adapter } from 'oidc-provider'
import type { ConnectionTeller } from '../grants/events.ts'
import type {
  GrantStorage,
  LoadedGrant,
  RecordStorage,
  Storage,
  StoredPayload,
  TokenKind,
} from '../storage.ts'
import { endGrant } from '../grants/revoke.ts'
import { findStoredRefreshToken, grantIdOf, type TokenValues } from '../grants/token-values.ts'

/** The parts of the adapters. */
export interface AdapterParts {
  readonly storage: Storage
  /** The stored clients, as they are kept for a moment. */
  readonly clientRecords: RecordStorage
  /** Keeps a client for ever that had an end until its first grant. */
  readonly keepClient: (clientId: string) => Promise<void>
  readonly values: TokenValues
  readonly teller: ConnectionTeller
  /** Records of requests that wait for a person, and of proofs, by the framework's name of the model. */
  readonly waiting: ReadonlyMap<string, RecordStorage>
}

// Redeeming, refreshing, introspecting and revoking do not use these adapters: they are functions of grants/.

/** Adapters of grants, and of the codes and tokens that are found through them. */
export function createGrantAdapters(parts: AdapterParts): ReadonlyMap<string, Adapter> {
  const { storage, values } = parts
  return new Map([
    ['Grant', toGrantAdapter(parts)],
    ['AuthorizationCode', toCodeAdapter(parts)],
    [
      'RefreshToken',
      toTokenAdapter(parts, 'RefreshToken', async (id, grantId) => {
        const loaded = await loadOnce(storage.grants, grantId)
        return loaded && findStoredRefreshToken(id, loaded, values)
      }),
    ],
    [
      'AccessToken',
      toTokenAdapter(parts, 'AccessToken', async (id, grantId) =>
        (await loadOnce(storage.grants, grantId))?.find('AccessToken', id),
      ),
    ],
  ])
}

function toGrantAdapter(parts: AdapterParts): Adapter {
  const { grants } = parts.storage
  return {
    ...unasked,
    async upsert(id, payload, lifetime = 0) {
      forgetLoaded(id)
      // First, so that no grant is left of a client that has just ended.
      await parts.keepClient(String(payload.clientId))
      await grants.save(id, payload as StoredPayload, lifetime)
    },
    find: async (id) => (await loadOnce(grants, id))?.payload,
    destroy: (id) => end(parts, id),
  }
}

async function end({ storage: { grants }, teller }: AdapterParts, grantId: string): Promise<void> {
  forgetLoaded(grantId)
  await endGrant({ grants, teller }, grantId, 'administrator')
}

const toCodeAdapter = ({ storage: { grants } }: AdapterParts): Adapter => ({
  ...unasked,
  async upsert(id, payload, lifetime = 0) {
    const grantId = grantIdOf(id) ?? ''
    forgetLoaded(grantId)
    const code = { id, payload: payload as StoredPayload, lifetime }
    if (await grants.add(grantId, 'AuthorizationCode', code)) return
    // Somebody ended the grant while this request was answered: that always wins.
    throw new errors.AccessDenied('the grant was ended')
  },
  async revokeByGrantId(grantId) {
    forgetLoaded(grantId)
    await grants.remove(grantId, 'AuthorizationCode')
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
      forgetLoaded(grantId)
      await grants.remove(grantId, kind, id)
    },
    async revokeByGrantId(grantId) {
      forgetLoaded(grantId)
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

const requests = new WeakMap<object, Map<string, Promise<LoadedGrant | undefined>>>()

/**
 * Reads a grant once for a request, because the framework asks for a grant and its tokens one by one. The storage decides again,
 * atomically, when it writes.
 */
function loadOnce(grants: GrantStorage, grantId: string): Promise<LoadedGrant | undefined> {
  const loaded = loadedGrants()
  const loading = loaded.get(grantId) ?? grants.load(grantId)
  loaded.set(grantId, loading)
  return loading
}

/** Makes the next look at the grant read it again. */
const forgetLoaded = (grantId: string): void => void loadedGrants().delete(grantId)

/** The grants that the current request has read. Outside of a request, nothing is kept. */
function loadedGrants(): Map<string, Promise<LoadedGrant | undefined>> {
  const { ctx } = Provider
  const loaded = (ctx && requests.get(ctx)) ?? new Map<string, Promise<LoadedGrant | undefined>>()
  if (ctx) requests.set(ctx, loaded)
  return loaded
}
