import Provider, { errors } from 'oidc-provider'
import { isUnvetted, registrationOf } from '../clients/stored-client.ts'
import type { RequestLimits } from '../config/options.ts'
import type { RecordStorage } from '../storage.ts'
import type { AddressOf } from '../config/trusted-proxies.ts'

/** The room that a storage needs for a record beside its content, in bytes. */
const placeBytes = 350

/** The part of the whole that one sender may use. */
const partOfSender = 1 / 8

/**
 * Counts the waiting requests that this process stored, for each sender and in total. A request counts until it is given back, or
 * until its lifetime is over.
 */
export interface RequestBudget {
  /**
   * Counts a request. Returns false, and counts nothing, if there is no room for it.
   *
   * @param lifetime - seconds
   */
  take(id: string, sender: string, bytes: number, lifetime: number): boolean
  /** Stops counting a request. */
  giveBack(id: string): void
}

interface Place {
  readonly sender: string
  readonly bytes: number
  readonly lifetime: number
  readonly until: number
}

const noPlace: Place = { sender: '', bytes: 0, lifetime: 0, until: 0 }

/** @param now - the time in milliseconds, from any start */
export function createRequestBudget(
  limits: RequestLimits,
  now: () => number = () => performance.now(),
): RequestBudget {
  const waiting = new Map<string, Place>()
  // The ids by lifetime, the oldest first.
  const queues = new Map<number, Set<string>>()
  const all = { count: 0, bytes: 0 }
  const senders = new Map<string, typeof all>()
  const giveBack = (id: string): void => {
    const { sender, bytes, lifetime } = waiting.get(id) ?? noPlace
    const own = senders.get(sender)
    if (!waiting.delete(id) || !own) return
    queues.get(lifetime)?.delete(id)
    for (const sum of [all, own]) add(sum, -1, -bytes)
    if (own.count === 0) senders.delete(sender)
  }
  const giveBackEnded = (time: number): void => {
    for (const queue of queues.values()) {
      for (const id of queue) {
        if ((waiting.get(id)?.until ?? 0) > time) break
        giveBack(id)
      }
    }
  }
  return {
    giveBack,
    take(id, sender, content, lifetime) {
      const bytes = content + placeBytes
      const time = now()
      giveBackEnded(time)
      giveBack(id)
      const own = senders.get(sender) ?? { count: 0, bytes: 0 }
      if (!hasRoom(all, limits, bytes, 1) || !hasRoom(own, limits, bytes, partOfSender))
        return false
      for (const sum of [all, own]) add(sum, 1, bytes)
      senders.set(sender, own)
      waiting.set(id, { sender, bytes, lifetime, until: time + lifetime * 1000 })
      queues.set(lifetime, (queues.get(lifetime) ?? new Set()).add(id))
      return true
    },
  }
}

function add(sum: { count: number; bytes: number }, count: number, bytes: number): void {
  sum.count += count
  sum.bytes += bytes
}

const hasRoom = (sum: RequestLimits, limits: RequestLimits, bytes: number, part: number): boolean =>
  sum.count < limits.count * part && sum.bytes + bytes <= limits.bytes * part

/** The budgets, and how to tell the senders apart. */
export interface SenderBudgets {
  /** The stored clients, cached for a moment. */
  readonly clientRecords: RecordStorage
  readonly anonymous: RequestBudget
  /** Of clients that authenticated, except those from open registration. */
  readonly ofClients: RequestBudget
  readonly addressOf: AddressOf
}

/** @throws NoRoom if the sender of the current request may not store another one */
export async function countForSender(
  budgets: SenderBudgets,
  id: string,
  bytes: number,
  lifetime: number,
): Promise<void> {
  const { budget, name, refusal } = await findSender(budgets)
  if (!budget.take(id, name, bytes, lifetime)) throw new NoRoom(refusal)
}

/**
 * The sender is the client if it authenticated. Otherwise it is the address, because everybody knows the id of a client. It is also
 * the address for a client from open registration, because anybody can have many of them.
 */
async function findSender({
  clientRecords,
  anonymous,
  ofClients,
  addressOf,
}: SenderBudgets): Promise<Sender> {
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

/**
 * Too many requests wait for a sign-in: of this sender, or of all.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9126.html#section-2.3 RFC 9126, Section 2.3} for 429
 */
export class NoRoom extends errors.OIDCProviderError {
  override readonly error_description =
    'too many requests are waiting for a sign-in, try again later'
  override readonly allow_redirect = false
  override readonly expose = true

  constructor(status: 429 | 503) {
    super(status, 'temporarily_unavailable')
    Provider.ctx?.set('Retry-After', '60')
  }
}
