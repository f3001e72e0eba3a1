import type { Middleware } from 'koa'
import Provider, { errors } from 'oidc-provider'
import type { Config } from '../config/config.ts'
import { createAddressOf, type AddressOf } from '../http/address.ts'
import type { RecordStorage, Storage, StoredPayload } from '../storage.ts'
import { createPushedRequests, type PushedRequests } from './pushed-requests.ts'
import { createRequestBudget, type RequestBudget, type RequestLimits } from './request-budget.ts'
import { withoutUsual, withUsual, type UsualRequest } from './usual-request.ts'

interface WaitingRequestParts extends UsualRequest {
  readonly storage: Storage
  readonly pushedRequests: PushedRequests
  readonly anonymousRequests: RequestLimits
  readonly addressOf: AddressOf
}

/**
 * The records of requests that wait for a person: interactions, and requests that were pushed. Strangers make them, in the
 * same memory as the grants of customers. So they are small and short, and one sender has only a part of the room. The sender
 * is the client if it authenticated. Otherwise it is the address, because everybody knows the id of a client.
 */
export function createWaitingRequests({
  issuer,
  storage,
  resourceServer,
  anonymousRequests,
  trustedProxies,
}: Config): {
  /** By the framework's name of the model. */
  readonly records: ReadonlyMap<string, RecordStorage>
  readonly findOpened: Middleware
} {
  const pushedRequests = createPushedRequests(storage, issuer)
  const { audience } = resourceServer
  const addressOf = createAddressOf(trustedProxies)
  const parts = { issuer, audience, storage, anonymousRequests, pushedRequests, addressOf }
  const anonymous = createRequestBudget(parts.anonymousRequests)
  const records = new Map([
    ['Interaction', toInteractions(parts, anonymous)],
    ['PushedAuthorizationRequest', toPushes(parts, anonymous)],
  ])
  return { records, findOpened: pushedRequests.middleware }
}

function toInteractions(parts: WaitingRequestParts, anonymous: RequestBudget): RecordStorage {
  const { storage, pushedRequests, addressOf } = parts
  const records = storage.records('Interaction')
  return {
    ...records,
    async upsert(id, payload, lifetime = 0) {
      const stored = withoutUsual(id, payload, parts)
      // Pages store it without a context. Then it was counted before, or somebody signed in.
      const { oidc, req } = Provider.ctx ?? {}
      const isNew = req !== undefined && oidc?.route === 'authorization'
      const isAnonymous = payload['session'] === undefined
      if (isNew && isAnonymous && !anonymous.take(id, addressOf(req), sizeOf(stored), lifetime)) {
        throw new NoRoom(503)
      }
      await records.upsert(id, stored, lifetime)
      const { parJti } = payload
      if (typeof parJti !== 'string' || !oidc) return
      if (!isNew) await pushedRequests.moveOn(parJti, id, lifetime)
      else if (!(await pushedRequests.open(parJti, id, lifetime))) throw openedAtTheSameTime()
    },
    async find(id) {
      const payload = await records.find(id)
      return payload && withUsual(id, payload, parts)
    },
    destroy(id) {
      anonymous.giveBack(id)
      return records.destroy(id)
    },
  }
}

function toPushes(parts: WaitingRequestParts, anonymous: RequestBudget): RecordStorage {
  const records = parts.storage.records('PushedAuthorizationRequest')
  const ofClients = createRequestBudget(parts.anonymousRequests)
  return {
    ...records,
    async upsert(id, payload, lifetime = 0) {
      const { oidc, req } = Provider.ctx ?? {}
      const { clientAuthMethod = 'none', clientId = '' } = oidc?.client ?? {}
      const isAnonymous = clientAuthMethod === 'none'
      const sender = isAnonymous ? req && parts.addressOf(req) : clientId
      const budget = isAnonymous ? anonymous : ofClients
      if (!budget.take(id, sender ?? '', sizeOf(payload), lifetime)) {
        throw new NoRoom(isAnonymous ? 503 : 429)
      }
      await records.upsert(id, payload, lifetime)
    },
    destroy(id) {
      anonymous.giveBack(id)
      ofClients.giveBack(id)
      return records.destroy(id)
    },
  }
}

const sizeOf = (payload: StoredPayload): number => Buffer.byteLength(JSON.stringify(payload))

/**
 * Too many requests of this sender, or of all senders, wait for somebody to sign in.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9126.html#section-2.3 RFC 9126, Section 2.3} for 429
 */
class NoRoom extends errors.OIDCProviderError {
  override readonly error_description =
    'too many requests are waiting for a sign-in, try again later'
  override readonly allow_redirect = false
  override readonly expose = true

  constructor(status: 429 | 503) {
    super(status, 'temporarily_unavailable')
    Provider.ctx?.set('Retry-After', '60')
  }
}

const openedAtTheSameTime = (): Error =>
  Object.assign(new errors.InvalidRequestUri('request_uri was opened twice at the same time'), {
    allow_redirect: false,
  })
