import { errors, type Adapter, type AdapterFactory } from 'oidc-provider'
import { cacheClients } from '../clients/client-cache.ts'
import type { ConnectionTeller } from '../connections/events.ts'
import type { RecordStorage, Storage, StoredPayload } from '../storage.ts'
import type { TokenValues } from '../tokens/token-values.ts'
import { createGrantAdapters } from './grant-adapters.ts'

/** What {@link toProviderAdapter} takes. */
export interface AdapterParts {
  readonly storage: Storage
  readonly values: TokenValues
  readonly teller: ConnectionTeller
  readonly audience: string
  /** Seconds. */
  readonly refreshRetryWindow: number
}

/**
 * Puts storage behind the framework's adapter interface, which has no answer for "somebody else was
 * first": where a caller lost, this throws what ends the request as it should.
 */
export function toProviderAdapter(parts: AdapterParts): AdapterFactory {
  const grantAdapters = createGrantAdapters(parts)
  return (model) =>
    grantAdapters.get(model) ??
    toRecordAdapter(
      model,
      model === 'Client' ? cacheClients(parts.storage) : parts.storage.records(model),
    )
}

function toRecordAdapter(model: string, records: RecordStorage): Adapter {
  return {
    upsert: (id, payload, lifetime) => records.upsert(id, payload as StoredPayload, lifetime),
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
    // What such a record stands for needs its grant, and that is gone.
    revokeByGrantId: async () => undefined,
  }
}

const alreadyUsed = (model: string): Error =>
  model === 'PushedAuthorizationRequest'
    ? new errors.InvalidRequestUri('request_uri is invalid, expired, or was already used')
    : new errors.InvalidGrant('already used')
