import { errors, type Adapter, type AdapterFactory, type AdapterPayload } from 'oidc-provider'
import { toFrameworkClients } from '../clients/stored-client.ts'
import type { ConnectionTeller } from '../grants/events.ts'
import { endGrant } from '../grants/revoke.ts'
import { findStoredRefreshToken, grantIdOf, type TokenValues } from '../grants/token-values.ts'
import type { RecordStorage, Storage, StoredPayload, TokenKind } from '../storage.ts'
import { findingNoToken } from './token-introspection.ts'

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

/**
 * Puts storage behind the framework's adapter interface. If somebody else was first, it throws the error that ends the request.
 * Redeeming, refreshing, introspecting and revoking do not use it: they are functions of grants/.
 */
export function toProviderAdapter(parts: AdapterParts): AdapterFactory {
  const grantAdapters = createGrantAdapters(parts)
  const recordsOf = (model: string): RecordStorage =>
    model === 'Client'
      ? toFrameworkClients(parts.clientRecords)
      : (parts.waiting.get(model) ?? parts.storage.records(model))
  return (model) => {
    const adapter = grantAdapters.get(model) ?? toRecordAdapter(model, recordsOf(model))
    return tokenModels.has(model) ? findingNoToken(adapter) : adapter
  }
}

const tokenModels: ReadonlySet<string> = new Set([
  'AccessToken',
  'ClientCredentials',
  'RefreshToken',
])

function toRecordAdapter(model: string, records: RecordStorage): Adapter {
  return {
    ...records,
    async upsert(id, payload, lifetime) {
      if (model === 'Session' && isEmptySession(payload)) return
      await records.upsert(id, payload as StoredPayload, lifetime)
    },
    async consume(id) {
      if (!(await records.consume(id))) throw alreadyUsed(model)
    },
    async destroy(id) {
      if ((await records.destroy(id)) || model !== 'Interaction') return
      // Four requests to one resume URL otherwise give four codes from one consent.
      throw new errors.SessionNotFound('this request was already answered')
    },
    // Such a record is useless without its grant, which is gone.
    revokeByGrantId: async () => undefined,
  }
}

/**
 * Whether a session says nothing. The framework stores one at each request with a cookie of a session that is gone. `state` is of
 * features of the framework that `configure` can switch on.
 */
const isEmptySession = ({ accountId, state }: AdapterPayload): boolean =>
  accountId === undefined && state === undefined

const alreadyUsed = (model: string): Error =>
  model === 'PushedAuthorizationRequest'
    ? new errors.InvalidRequestUri('request_uri is invalid, expired, or was already used')
    : new errors.InvalidGrant('already used')

/** Adapters of grants, and of the codes and tokens that are found through them. */
function createGrantAdapters(parts: AdapterParts): ReadonlyMap<string, Adapter> {
  const { storage, values } = parts
  return new Map([
    ['Grant', toGrantAdapter(parts)],
    ['AuthorizationCode', toCodeAdapter(parts)],
    [
      'RefreshToken',
      toTokenAdapter(parts, 'RefreshToken', async (id, grantId) => {
        const loaded = await storage.grants.load(grantId)
        return loaded && findStoredRefreshToken(id, loaded, values)
      }),
    ],
    [
      'AccessToken',
      toTokenAdapter(parts, 'AccessToken', async (id, grantId) =>
        (await storage.grants.load(grantId))?.find('AccessToken', id),
      ),
    ],
  ])
}

function toGrantAdapter(parts: AdapterParts): Adapter {
  const { grants } = parts.storage
  return {
    ...unasked,
    async upsert(id, payload, lifetime = 0) {
      // First, so that no grant is left of a client that has just ended.
      await parts.keepClient(String(payload.clientId))
      await grants.save(id, payload as StoredPayload, lifetime)
    },
    find: async (id) => (await grants.load(id))?.payload,
    destroy: (id) => end(parts, id),
  }
}

async function end({ storage: { grants }, teller }: AdapterParts, grantId: string): Promise<void> {
  await endGrant({ grants, teller }, grantId, 'administrator')
}

const toCodeAdapter = ({ storage: { grants } }: AdapterParts): Adapter => ({
  ...unasked,
  async upsert(id, payload, lifetime = 0) {
    const grantId = grantIdOf(id) ?? ''
    const code = { id, payload: payload as StoredPayload, lifetime }
    if (await grants.add(grantId, 'AuthorizationCode', code)) return
    // Somebody ended the grant while this request was answered: that always wins.
    throw new errors.AccessDenied('the grant was ended')
  },
  async revokeByGrantId(grantId) {
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
      await grants.remove(grantId, kind, id)
    },
    async revokeByGrantId(grantId) {
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
