import Provider, {
  errors,
  type Adapter,
  type AdapterFactory,
  type AdapterPayload,
} from 'oidc-provider'
import { toFrameworkClient } from '../clients/stored-client.ts'
import type { RecordStorage, StoredPayload } from '../storage.ts'
import { createGrantAdapters, type AdapterParts } from './grant-adapters.ts'

export type { AdapterParts } from './grant-adapters.ts'

/**
 * Puts storage behind the framework's adapter interface. If somebody else was first, it throws the error that ends the request.
 */
export function toProviderAdapter(parts: AdapterParts): AdapterFactory {
  const grantAdapters = createGrantAdapters(parts)
  const recordsOf = (model: string): RecordStorage =>
    model === 'Client'
      ? shownToFramework(parts.clientRecords)
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

/** At introspection and revocation the framework would look in three places. `token-introspection.ts` looks once instead. */
const findingNoToken = (adapter: Adapter): Adapter => ({
  ...adapter,
  async find(id) {
    const route = Provider.ctx?.oidc.route
    return route === 'introspection' || route === 'revocation' ? undefined : adapter.find(id)
  },
})

const shownToFramework = (clients: RecordStorage): RecordStorage => ({
  ...clients,
  find: async (id) => toFrameworkClient(await clients.find(id)),
})

function toRecordAdapter(model: string, records: RecordStorage): Adapter {
  return {
    async upsert(id, payload, lifetime) {
      if (model === 'Session' && isEmptySession(payload)) return
      await records.upsert(id, payload as StoredPayload, lifetime)
    },
    find: (id) => records.find(id),
    findByUid: (uid) => records.findByUid(uid),
    findByUserCode: (userCode) => records.findByUserCode(userCode),
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
