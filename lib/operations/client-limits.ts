import type { Context, Middleware } from 'koa'
import type { GuardSecret } from '../clients/secrets.ts'
import type { Config } from '../config/config.ts'
import type { ProtocolError } from '../errors.ts'
import { createRequestValue } from '../http/request-context.ts'
import { createKnownAddresses } from './known-addresses.ts'
import type { LimitParts } from './limit-counts.ts'
import { createSharedCount } from './shared-count.ts'

/** The limits of failed client authentications. */
export interface ClientLimits {
  /** Around every endpoint at which clients authenticate: counts a failure once, also if the framework answers it. */
  readonly middleware: Middleware
  /** Around each comparison of a secret. For a client that nobody attacks, it does not ask the storage. */
  readonly guard: GuardSecret
}

/**
 * Limits failed client authentications. Each process remembers the counts that it has seen, and refuses above a limit without
 * asking the storage. It counts alone if the storage does not answer. So a stranger has one attempt more for each process that
 * does not know of the limit yet.
 */
export function createClientLimits(
  parts: LimitParts,
  config: Pick<Config, 'storage'>,
): ClientLimits {
  const attempts = createAttempts(parts, config)
  const outcomes = createRequestValue<Promise<Refusal>>('refusal')
  return {
    async middleware(ctx, next) {
      await next()
      if (!isRefused(ctx.body)) return
      const refusal = await (outcomes.get(ctx) ?? attempts.countFailure(ctx))
      if (!refusal) return
      ctx.remove('WWW-Authenticate')
      throw refusal
    },
    guard(ctx, clientId, compare) {
      const earlier = outcomes.get(ctx)
      const wasAbove = attempts.isAbove(ctx, clientId)
      const note = (isRight: boolean): boolean => {
        if (isRight) attempts.remember(ctx, clientId)
        else outcomes.set(ctx, attempts.countFailure(ctx, clientId, wasAbove))
        return isRight
      }
      const compareIfAllowed = async (found: Promise<Refusal>): Promise<boolean> => {
        const refusal = await found
        if (refusal) {
          outcomes.set(ctx, found)
          throw refusal
        }
        // The framework compares again if the quick answer failed. That counts once.
        return earlier ? compare() : note(await compare())
      }
      if (earlier || wasAbove)
        return compareIfAllowed(earlier ?? attempts.findRefusal(ctx, clientId))
      // Most comparisons have their result at once: then nothing waits.
      const isRight = compare()
      return typeof isRight === 'boolean' ? note(isRight) : isRight.then(note)
    },
  }
}

/** The error to answer with; undefined if no limit is reached, or if the client may try all the same. */
type Refusal = ProtocolError | undefined

const isRefused = (body: unknown): boolean =>
  (Object(body) as { readonly error?: unknown }).error === 'invalid_client'

/** The attempts of clients, as far as this process knows them. */
interface Attempts {
  /** Whether this process knows that a limit is reached. */
  isAbove(ctx: Context, clientId: string): boolean
  /** Above a limit, a client may try from a known address. If the storage does not say whether it is known, the client may try. */
  findRefusal(ctx: Context, clientId: string): Promise<Refusal>
  /**
   * Counts a failure.
   *
   * @param clientId - absent: no secret of a client was compared
   * @param wasAbove - whether it was allowed because the address is known
   */
  countFailure(ctx: Context, clientId?: string, wasAbove?: boolean): Promise<Refusal>
  /** Remembers from where a client authenticated. The answer does not wait for the storage. */
  remember(ctx: Context, clientId: string): void
}

function createAttempts(
  { addressOf, countOf, refuse }: LimitParts,
  { storage }: Pick<Config, 'storage'>,
): Attempts {
  const ofClient = createSharedCount(countOf('clientAuthentication'))
  const ofAddress = createSharedCount(countOf('clientAddress'))
  const ofKnown = createSharedCount(countOf('clientAuthentication', 'known'))
  const known = createKnownAddresses(storage, 'client')
  const refuseAbove = (
    ctx: Context,
    client: number,
    address: number,
    clientId: string,
  ): Refusal => {
    const of = clientId ? { clientId } : {}
    if (client > 0) return refuse(ctx, 'clientAuthentication', client, of)
    return address > 0 ? refuse(ctx, 'clientAddress', address, of) : undefined
  }
  return {
    isAbove: (ctx, clientId) =>
      ofClient.wait(clientId) > 0 || (ofAddress.isBusy() && ofAddress.wait(addressOf(ctx.req)) > 0),
    async findRefusal(ctx, clientId) {
      const address = addressOf(ctx.req)
      const mayTry =
        ofKnown.wait(toPair(address, clientId)) === 0 &&
        (await known.isKnown(clientId, address).catch(() => true))
      if (mayTry) return undefined
      return refuseAbove(ctx, ofClient.wait(clientId), ofAddress.wait(address), clientId)
    },
    async countFailure(ctx, clientId = '', wasAbove = false) {
      const address = addressOf(ctx.req)
      const [client, fromAddress] = await Promise.all([
        clientId && ofClient.add(clientId),
        ofAddress.add(address),
        wasAbove && ofKnown.add(toPair(address, clientId)),
      ])
      return wasAbove ? undefined : refuseAbove(ctx, client || 0, fromAddress, clientId)
    },
    remember: (ctx, clientId) => void known.remember(clientId, addressOf(ctx.req)),
  }
}

// No address has a space in it.
const toPair = (address: string, clientId: string): string => `${address} ${clientId}`
