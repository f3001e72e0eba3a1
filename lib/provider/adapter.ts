import Provider, { errors, type Adapter, type AdapterFactory } from 'oidc-provider'
import { createRaces, type Races } from '../tokens/races.ts'
import type { Storage, StorageAdapter, StoredPayload } from '../storage.ts'

/**
 * Puts storage behind the framework's adapter interface, which has no answer for "somebody else was
 * first": where a caller lost, this throws what ends the request as it should.
 */
export function toProviderAdapter(storage: Storage, audience: string): AdapterFactory {
  const races = createRaces()
  return (model) => toModelAdapter(model, storage(model), { races, audience })
}

function toModelAdapter(
  model: string,
  records: StorageAdapter,
  { races, audience }: { readonly races: Races; readonly audience: string },
): Adapter {
  const isRedeemed = model === 'AuthorizationCode' || model === 'RefreshToken'
  return {
    async upsert(id, payload, lifetime) {
      const record = payload as StoredPayload
      if (model !== 'ReplayDetection') return records.upsert(id, record, lifetime)
      // The framework looks before it stores: of two at once, both saw nothing.
      if (!(await records.insert(id, record, lifetime ?? 1))) throw replayedProof()
    },
    async find(id) {
      const record = await records.find(id)
      if (!isRedeemed || record?.consumed === undefined) return record
      return races.isLoser(id, record.consumed) ? { ...record, consumed: undefined } : record
    },
    findByUid: (uid) => records.findByUid(uid),
    findByUserCode: (userCode) => records.findByUserCode(userCode),
    async consume(id) {
      if (isRedeemed) refuseOtherResource(audience)
      if (!(await records.consume(id))) throw alreadyUsed(model)
      if (isRedeemed) races.addWinner(id)
    },
    async destroy(id) {
      const existed = await records.destroy(id)
      if (existed || model !== 'Interaction') return
      // Four requests to one resume URL otherwise give four codes from one consent.
      throw new errors.SessionNotFound('this request was already answered')
    },
    async revokeByGrantId(grantId) {
      // Revoking an access token is not ending the connection (RFC 7009, Section 2.1).
      const { oidc } = Provider.ctx ?? {}
      if (oidc?.route === 'revocation' && oidc.entities.AccessToken) return
      await records.revokeByGrantId(grantId)
    },
  }
}

/** The framework finds this out only when code or refresh token are used up. */
function refuseOtherResource(audience: string): void {
  const resource = Provider.ctx?.oidc.params?.['resource']
  if (typeof resource === 'string' && resource !== audience) throw new errors.InvalidTarget()
}

function alreadyUsed(model: string): Error {
  return model === 'PushedAuthorizationRequest'
    ? new errors.InvalidRequestUri('request_uri is invalid, expired, or was already used')
    : new errors.InvalidGrant('already used')
}

function replayedProof(): Error {
  const detail = 'DPoP proof JWT Replay detected'
  const pushed = Provider.ctx?.oidc.route === 'pushed_authorization_request'
  return pushed ? new errors.InvalidRequest(detail) : new errors.InvalidGrant(detail)
}
