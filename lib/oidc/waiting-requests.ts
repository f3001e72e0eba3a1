import { isDeepStrictEqual } from 'node:util'
import Provider, { errors } from 'oidc-provider'
import type { Config } from '../config/config.ts'
import { createAddressOf } from '../config/trusted-proxies.ts'
import { routes } from '../paths.ts'
import type { RecordStorage, Storage, StoredPayload } from '../storage.ts'
import { saveDecline } from './interaction-outcomes.ts'
import { moveOn, open } from './pushed-requests.ts'
import {
  countForSender,
  createRequestBudget,
  NoRoom,
  type SenderBudgets,
} from './request-budget.ts'

interface WaitingRequestParts extends UsualRequest, SenderBudgets {
  readonly storage: Storage
}

/** How senders without a sign-in are told apart, and how what is stored for them is counted. */
export type Strangers = Pick<SenderBudgets, 'anonymous' | 'addressOf'>

export const createStrangers = ({ anonymousRequests, trustedProxies }: Config): Strangers => ({
  anonymous: createRequestBudget(anonymousRequests),
  addressOf: createAddressOf(trustedProxies),
})

/**
 * Creates the records of requests that wait for a person: interactions, pushed requests, and the DPoP proofs of these. Strangers
 * create them, in the same storage as the grants of customers. So the records are small and short-lived, and one sender gets only a
 * part of the room.
 *
 * @param clientRecords - the stored clients, as they are kept for a moment
 * @returns by the framework's name of the model
 */
export function createWaitingRequests(
  { issuer, storage, resourceServer, anonymousRequests }: Config,
  clientRecords: RecordStorage,
  strangers: Strangers,
): ReadonlyMap<string, RecordStorage> {
  const { audience } = resourceServer
  const ofClients = createRequestBudget(anonymousRequests)
  const parts = { issuer, audience, storage, clientRecords, ofClients, ...strangers }
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
      // Pages store it without a context. By then it was counted, or somebody signed in.
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
      // The framework would start the same request again, and a stranger could repeat that without an end.
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

/** Anybody can push a request with a proof. The token endpoint reads proofs only after the code or the refresh token. */
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

/** The most that pages add to an anonymous interaction later, in bytes: the answer, or a note about the host. */
const laterBytes = 200

/** The size of the note that a pushed request was opened, with its place in the storage; in bytes. */
const markerBytes = 420

const sizeOf = (payload: StoredPayload): number => Buffer.byteLength(JSON.stringify(payload))

const openedAtTheSameTime = (): Error =>
  Object.assign(new errors.InvalidRequestUri('request_uri was opened twice at the same time'), {
    allow_redirect: false,
  })

/** The values that the options give to all usual requests. */
interface UsualRequest {
  readonly issuer: string
  readonly audience: string
}

/** The parameters that differ from one usual request to the next. */
const names = ['client_id', 'redirect_uri', 'scope', 'state', 'code_challenge'] as const

/**
 * Removes the values of an interaction that all usual requests share, so that a request of a stranger takes little room. Keeps the
 * answer, and the note that the person was sent to the host. Returns any other interaction unchanged.
 */
function withoutUsual(id: string, payload: StoredPayload, usual: UsualRequest): StoredPayload {
  const { iat, exp, parJti, params, result } = payload
  const values = names.map((name) => (params as StoredPayload | undefined)?.[name])
  const { details = {} } = (payload['prompt'] ?? {}) as { readonly details?: object }
  const noted = Object.keys(details).length > 0 ? details : undefined
  const usualOnly: StoredPayload = { usual: [iat, exp, parJti, ...values, result, noted] }
  const { cid: _cid, ...restored } = withUsual(id, usualOnly, usual)
  const { cid: _same, ...whole } = payload
  return isDeepStrictEqual(restored, whole) ? usualOnly : payload
}

/** Restores the interaction, except for its `cid`, which nothing reads. */
function withUsual(
  id: string,
  payload: StoredPayload,
  { issuer, audience }: UsualRequest,
): StoredPayload {
  const { usual } = payload
  if (!Array.isArray(usual)) return payload
  const [iat, exp, parJti, ...values] = usual as readonly unknown[]
  const [result, details] = values.slice(names.length)
  return {
    iat,
    exp,
    returnTo: `${issuer}${routes.authorization}/${id}`,
    prompt: { name: 'login', reasons: ['no_session'], details: details ?? {} },
    params: withoutMissing({
      response_type: 'code',
      code_challenge_method: 'S256',
      resource: audience,
      ...Object.fromEntries(names.map((name, index) => [name, values[index]])),
    }),
    cid: id,
    kind: 'Interaction',
    jti: id,
    ...withoutMissing({ parJti, result }),
  }
}

const withoutMissing = (members: StoredPayload): StoredPayload =>
  Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined && value !== null),
  )
