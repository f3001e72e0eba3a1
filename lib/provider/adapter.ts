import type { Socket } from 'node:net'
import Provider, { errors, type Adapter, type AdapterFactory } from 'oidc-provider'
import type { Storage, StorageAdapter, StoredPayload } from '../storage.ts'

/**
 * How long after a code or refresh token was used a repeat may still be the loser of a race, in
 * milliseconds. A loser is refused and nothing else; a replay ends the grant.
 */
const raceWindow = 1000

/**
 * Puts storage behind the framework's adapter interface, which has no answer for "somebody else was
 * first": where a caller lost, this throws what ends the request as it should.
 */
export function toProviderAdapter(storage: Storage): AdapterFactory {
  const races = createRaces()
  return (model) => toModelAdapter(model, storage(model), races)
}

function toModelAdapter(model: string, records: StorageAdapter, races: Races): Adapter {
  const isConsumable = model === 'AuthorizationCode' || model === 'RefreshToken'
  return {
    async upsert(id, payload, lifetime) {
      const record = payload as StoredPayload
      if (model !== 'ReplayDetection') return records.upsert(id, record, lifetime)
      // The framework looks before it stores: of two at once, both saw nothing.
      if (!(await records.insert(id, record, lifetime ?? 1))) throw replayedProof()
    },
    async find(id) {
      const record = await records.find(id)
      if (!isConsumable || record?.consumed === undefined) return record
      return races.lost(id, record.consumed) ? { ...record, consumed: undefined } : record
    },
    findByUid: (uid) => records.findByUid(uid),
    findByUserCode: (userCode) => records.findByUserCode(userCode),
    async consume(id) {
      if (!(await records.consume(id))) throw alreadyUsed(model)
      if (isConsumable) races.won(id)
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

interface Races {
  won(id: string): void
  lost(id: string, consumedAt: number): boolean
}

/**
 * Tells the loser of a race from a replay. Whoever asks again on the connection that carried the
 * winner's answer has had that answer, so it is a replay, however soon.
 */
function createRaces(): Races {
  const answeredOn = new WeakMap<Socket, string>()
  return {
    won(id) {
      const socket = Provider.ctx?.req.socket
      if (socket) answeredOn.set(socket, id)
    },
    lost(id, consumedAt) {
      const ctx = Provider.ctx
      if (ctx?.oidc.route !== 'token' || Date.now() - consumedAt > raceWindow) return false
      return answeredOn.get(ctx.req.socket) !== id
    },
  }
}
