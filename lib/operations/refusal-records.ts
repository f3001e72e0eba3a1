import { randomUUID } from 'node:crypto'
import type { RequestLimits } from '../config/options.ts'
import { isRequestId } from '../http/request-id.ts'
import { createRequestBudget, type RequestBudget } from '../oidc/request-budget.ts'
import type { RecordStorage, StoredPayload } from '../storage.ts'

/** A request that was refused: the event `refused` of `server.app`. It has no credential and no cookie. */
export interface RefusedRequest {
  /** The id in the header `X-Request-Id` and on the page. A proxy, or a stranger, may have chosen it. */
  readonly requestId: string
  /** When it was answered, in milliseconds since the epoch. */
  readonly time: number
  readonly method: string
  /** The path below the issuer, without ids. */
  readonly path: string
  /** The HTTP status: 400 or more, or 303 if the browser was sent back to the client with an error. */
  readonly status: number
  /** The error code of the protocol. */
  readonly error: string
  /** The description that the client or the person was given. */
  readonly description: string
  /** One sentence that says exactly what was wrong, for the host alone. */
  readonly reason: string
  /** The client that the request named, if it is registered. It may not be the one that sent the request. */
  readonly clientId: string | null
}

/** How long a record is kept, in seconds. */
const lifetime = 86_400

/** How many requests with one id are recorded. The sender may choose the id, and use it again. */
const mostOfOneId = 5

const keyOf = (requestId: string, number: number): string =>
  number === 1 ? requestId : `${requestId}#${number}`

/** How many records are written at the same time, and for how long none is written after a failure, in milliseconds. */
const mostAtOnce = 100
const rest = 1000

/**
 * Makes the function that records refused requests, as far as there is room. It never rejects.
 *
 * @param budget - counts what strangers store: all records of refused requests count as those of one sender
 */
export function createRecorder(
  records: RecordStorage,
  limits: RequestLimits,
  budget: RequestBudget,
): {
  readonly record: (refused: RefusedRequest, sender: string) => Promise<void>
  readonly isResting: () => boolean
} {
  // Of the room of all, one address has an eighth.
  const senders = createRequestBudget({ count: limits.count / 8, bytes: limits.bytes / 8 })
  let running = 0
  let restsUntil = 0
  const hasRoom = (sender: string, bytes: number): boolean => {
    const id = randomUUID()
    if (!senders.take(id, sender, bytes, lifetime)) return false
    if (budget.take(id, 'refusals', bytes, lifetime)) return true
    senders.giveBack(id)
    return false
  }
  const isResting = (): boolean => performance.now() < restsUntil
  return {
    isResting,
    async record({ requestId, ...refused }, sender) {
      const payload = toPayload(refused)
      const bytes = Buffer.byteLength(JSON.stringify(payload))
      if (isResting() || running >= mostAtOnce || !hasRoom(sender, bytes)) return
      running += 1
      try {
        for (let number = 1; number <= mostOfOneId; number += 1) {
          if (await records.insert(keyOf(requestId, number), payload, lifetime)) return
        }
      } catch {
        restsUntil = performance.now() + rest
      } finally {
        running -= 1
      }
    },
  }
}

/** The longest texts of a record, in characters, so that it has less than 1 kB. */
const longest = { reason: 450, description: 200, client: 100 }

function toPayload({ clientId, ...refused }: Omit<RefusedRequest, 'requestId'>): StoredPayload {
  const [description, reason, client] = [refused.description, refused.reason, clientId ?? undefined]
  return {
    ...refused,
    description: description.slice(0, longest.description),
    reason: reason.slice(0, longest.reason),
    client: client?.slice(0, longest.client),
  }
}

type Stored = Omit<RefusedRequest, 'requestId' | 'clientId'> & { readonly client?: string }

/** Finds the refused requests with an id, the oldest first. A request id that nobody can have finds none. */
export async function findRefusals(
  records: RecordStorage,
  requestId: string,
): Promise<readonly RefusedRequest[]> {
  if (!isRequestId(requestId)) return []
  const numbers = Array.from({ length: mostOfOneId }, (_, index) => index + 1)
  const found = await Promise.all(numbers.map((number) => records.find(keyOf(requestId, number))))
  return found.flatMap((payload) => {
    if (!payload) return []
    const { client = null, ...refused } = payload as unknown as Stored
    return [{ ...refused, requestId, clientId: client }]
  })
}
