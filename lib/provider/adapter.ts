import { errors, type Adapter, type AdapterFactory, type AdapterPayload } from 'oidc-provider'
import { toFrameworkClient } from '../clients/record.ts'
import type { ConnectionTeller } from '../connections/events.ts'
import type { RecordStorage, Storage, StoredPayload } from '../storage.ts'
import type { RepeatTimes } from '../tokens/retries.ts'
import { grantIdOf, type TokenValues } from '../tokens/token-values.ts'
import { createGrantAdapters } from './grant-adapters.ts'

/** What {@link toProviderAdapter} takes. */
export interface AdapterParts {
  readonly storage: Storage
  /** The stored clients, as they are kept for a moment. */
  readonly clientRecords: RecordStorage
  /** Keeps a client for ever that had an end until its first grant. */
  readonly keepClient: (clientId: string) => Promise<void>
  readonly values: TokenValues
  readonly teller: ConnectionTeller
  readonly audience: string
  readonly repeatTimes: RepeatTimes
  /** Records of requests that wait for a person, and of proofs, by the framework's name of the model. */
  readonly waiting: ReadonlyMap<string, RecordStorage>
}

/**
 * Puts storage behind the framework's adapter interface, which has no answer for "somebody else was
 * first": where a caller lost, this throws what ends the request as it should.
 */
export function toProviderAdapter(parts: AdapterParts): AdapterFactory {
  const grantAdapters = createGrantAdapters(parts)
  const recordsOf = (model: string): RecordStorage =>
    model === 'Client'
      ? shownToFramework(parts.clientRecords)
      : (parts.waiting.get(model) ?? parts.storage.records(model))
  return (model) => grantAdapters.get(model) ?? toRecordAdapter(model, recordsOf(model))
}

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
    // The framework asks for a token in every place: what names a grant is found there.
    find: async (id) =>
      model === 'ClientCredentials' && grantIdOf(id) !== undefined ? undefined : records.find(id),
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
    // What such a record stands for needs its grant, and that is gone.
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
