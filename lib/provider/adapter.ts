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
    upsert: (id, payload, lifetime) => records.upsert(id, payload as StoredPayload, lifetime),
    find: (id) => records.find(id),
    findByUid: (uid) => records.findByUid(uid),
    findByUserCode: (userCode) => records.findByUserCode(userCode),
    async consume(id) {
      if (!(await records.consume(id))) throw alreadyUsed(model)
    },
    async destroy(id) {
      await records.destroy(id)
    },
    async revokeByGrantId(grantId) {
      // Revoking an access token is not ending the connection (RFC 7009, Section 2.1).
      const { oidc } = Provider.ctx ?? {}
      if (oidc?.route === 'revocation' && oidc.entities.AccessToken) return
      await records.revokeByGrantId(grantId)
    },
    ...(isRedeemed && redeemedOnce(model, records, { races, audience })),
    ...(model === 'ReplayDetection' && { upsert: insertOnce(records) }),
    ...(model === 'Interaction' && { destroy: endOnce(records) }),
  }
}

/** Codes and refresh tokens: used once, told apart whether by a race or by a replay. */
function redeemedOnce(
  model: string,
  records: StorageAdapter,
  { races, audience }: { readonly races: Races; readonly audience: string },
): Pick<Adapter, 'find' | 'consume'> {
  return {
    async find(id) {
      const record = await records.find(id)
      if (record?.consumed === undefined) return record
      return races.isLoser(id, record.consumed) ? { ...record, consumed: undefined } : record
    },
    async consume(id) {
      refuseOtherResource(audience)
      if (!(await records.consume(id))) throw alreadyUsed(model)
      races.addWinner(id)
    },
  }
}

/** The framework looks before it stores: of two at once, both saw nothing. */
const insertOnce =
  (records: StorageAdapter): Adapter['upsert'] =>
  async (id, payload, lifetime) => {
    if (!(await records.insert(id, payload as StoredPayload, lifetime ?? 1))) throw replayedProof()
  }

/** Four requests to one resume URL otherwise give four codes from one consent. */
const endOnce =
  (records: StorageAdapter): Adapter['destroy'] =>
  async (id) => {
    if (await records.destroy(id)) return
    throw new errors.SessionNotFound('this request was already answered')
  }

/** The framework finds this out only when code or refresh token are used up. */
function refuseOtherResource(audience: string): void {
  const resources = [Provider.ctx?.oidc.params?.['resource']].flat()
  if (resources.some((resource) => resource !== undefined && resource !== audience)) {
    throw new errors.InvalidTarget()
  }
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
