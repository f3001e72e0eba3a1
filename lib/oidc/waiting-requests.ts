import Provider, { errors } from 'oidc-provider'
import { isUnvetted, registrationOf } from '../clients/stored-client.ts'
import type { Config } from '../config/config.ts'
import { createAddressOf, type AddressOf } from '../validation/address.ts'
import type { RecordStorage, Storage, StoredPayload } from '../storage.ts'
import { saveDecline } from './interaction-outcomes.ts'
import { moveOn, open } from './pushed-requests.ts'
import { createRequestBudget, type RequestBudget } from './request-budget.ts'
import { withoutUsual, withUsual, type UsualRequest } from './usual-request.ts'

interface WaitingRequestParts extends UsualRequest {
  readonly storage: Storage
  readonly clientRecords: RecordStorage
  readonly anonymous: RequestBudget
  /** Of clients that authenticated, and that not everybody can make. */
  readonly ofClients: RequestBudget
  readonly addressOf: AddressOf
}

/**
 * Creates the records of requests that wait for a person: interactions, requests that were pushed, and the proofs (DPoP) that
 * came with these. Strangers make them, in the
 * same memory as the grants of customers. So they are small and short, and one sender has only a part of the room. The sender
 * is the client if it authenticated. Otherwise it is the address, because everybody knows the id of a client. The same for clients
 * from open registration: everybody can have many of them.
 *
 * @param clientRecords - the stored clients, as they are kept for a moment
 * @returns by the framework's name of the model
 */
export function createWaitingRequests(
  { issuer, storage, resourceServer, anonymousRequests, trustedProxies }: Config,
  clientRecords: RecordStorage,
): ReadonlyMap<string, RecordStorage> {
  const { audience } = resourceServer
  const addressOf = createAddressOf(trustedProxies)
  const anonymous = createRequestBudget(anonymousRequests)
  const ofClients = createRequestBudget(anonymousRequests)
  const parts = { issuer, audience, storage, clientRecords, anonymous, ofClients, addressOf }
  return new Map([
    ['Interaction', toInteractions(parts)],
    ['PushedAuthorizationRequest', toPushes(parts)],
    ['ReplayDetection', toProofs(parts)],
  ])
}

function toInteractions(parts: WaitingRequestParts): RecordStorage {
  const { storage, addressOf, anonymous, ofClients } = parts
  const records = storage.records('Interaction')
  const pushes = storage.records('PushedAuthorizationRequest')
  return {
    ...records,
    async upsert(id, payload, lifetime = 0) {
      const stored = withoutUsual(id, payload, parts)
      // Pages store it without a context. Then it was counted before, or somebody signed in.
      const { oidc, req } = Provider.ctx ?? {}
      const isNew = req !== undefined && oidc?.route === 'authorization'
      const { parJti, session } = payload
      if (isNew && session === undefined) {
        const bytes = sizeOf(stored) + laterBytes + (parJti === undefined ? 0 : markerBytes)
        if (!anonymous.take(id, addressOf(req), bytes, lifetime)) throw new NoRoom(503)
      }
      await records.upsert(id, stored, lifetime)
      if (typeof parJti !== 'string' || !oidc) return
      const opening = { id: parJti, interaction: id, lifetime }
      if (!isNew) await moveOn(pushes, opening)
      else if (!(await open(pushes, opening))) throw openedAtTheSameTime()
      for (const budget of [anonymous, ofClients]) budget.giveBack(parJti)
    },
    async find(id) {
      const payload = await records.find(id)
      return payload && withUsual(id, payload, parts)
    },
    async destroy(id) {
      const ended = Provider.ctx?.oidc.entities.Interaction
      const isAnonymous = ended && ended.session === undefined
      // The framework would begin the same request anew: for a stranger, without an end.
      if (isAnonymous && !ended.result) throw new errors.SessionNotFound('nobody answered yet')
      const isKept = isAnonymous && (await saveDecline(storage, ended))
      if (!isKept) anonymous.giveBack(id)
      return records.destroy(id)
    },
  }
}

function toPushes(parts: WaitingRequestParts): RecordStorage {
  const records = parts.storage.records('PushedAuthorizationRequest')
  return {
    ...records,
    async upsert(id, payload, lifetime = 0) {
      await countForSender(parts, id, sizeOf(payload), lifetime)
      await records.upsert(id, payload, lifetime)
    },
  }
}

/** The token endpoint looks at a proof only if the code or the refresh token is good. A push can be of anybody. */
function toProofs(parts: WaitingRequestParts): RecordStorage {
  const records = parts.storage.records('ReplayDetection')
  return {
    ...records,
    async insert(id, payload, lifetime = 0) {
      if (Provider.ctx?.oidc.route === 'pushed_authorization_request') {
        await countForSender(parts, id, 0, lifetime)
      }
      return records.insert(id, payload, lifetime)
    },
  }
}

async function countForSender(
  parts: WaitingRequestParts,
  id: string,
  bytes: number,
  lifetime: number,
): Promise<void> {
  const { budget, name, refusal } = await findSender(parts)
  if (!budget.take(id, name, bytes, lifetime)) throw new NoRoom(refusal)
}

/** The sender of this request, and the budget that it counts for. */
async function findSender({
  clientRecords,
  anonymous,
  ofClients,
  addressOf,
}: WaitingRequestParts): Promise<Sender> {
  const { oidc, req } = Provider.ctx ?? {}
  const { clientAuthMethod = 'none', clientId = '' } = oidc?.client ?? {}
  if (clientAuthMethod !== 'none') {
    const client = (await clientRecords.find(clientId)) ?? {}
    if (!isUnvetted(client, registrationOf(client))) {
      return { budget: ofClients, name: clientId, refusal: 429 }
    }
  }
  return { budget: anonymous, name: req ? addressOf(req) : '', refusal: 503 }
}

interface Sender {
  readonly budget: RequestBudget
  readonly name: string
  /** The status of the answer if there is no room. */
  readonly refusal: 429 | 503
}

/** The most that pages add to an anonymous interaction: that the person was sent to the host, or the answer. In bytes. */
const laterBytes = 200

/** The note that a pushed request was opened, with what a storage needs for it; in bytes. */
const markerBytes = 420

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
