import type { Context } from 'koa'
import type { Config } from '../config/config.ts'
import type { Limit } from '../config/options.ts'
import { createAddressOf, type AddressOf } from '../config/trusted-proxies.ts'
import { ProtocolError } from '../errors.ts'
import { callListeners } from '../grants/events.ts'
import { createKeyedHash } from '../keys/keyed-hash.ts'
import type { Limiter, LimiterRule } from '../storage.ts'

/** The names of the limits, by their options. */
export const limitNames = {
  signInAccount: 'sign_in_account',
  signInAddress: 'sign_in_address',
  clientAuthentication: 'client_authentication',
  clientAddress: 'client_address',
  authorization: 'authorization',
  pushedRequest: 'pushed_request',
  registration: 'registration',
} as const

type LimitOption = keyof typeof limitNames

/** The name of a limit. It is stable, for programs. */
export type LimitName = (typeof limitNames)[LimitOption]

/** A request that was refused because a limit was reached. */
export interface LimitHit {
  readonly limit: LimitName
  /** From where the request came, as limits tell senders apart. */
  readonly address: string
  /** The client that could not authenticate. */
  readonly clientId?: string
  /** The name that somebody typed to sign in. It can be anything, also a password. */
  readonly typed?: string
  /** Seconds to the end of the limit. */
  readonly retryAfter: number
}

/** Hears of each hit, once, before it is answered. */
export type HitListener = (hit: LimitHit, ctx: Context) => void

/** A limit was reached. People see a page of its own. */
class LimitReached extends ProtocolError {
  readonly words = 'limited'

  constructor(retryAfter: number, reason: string) {
    const description = `there were too many requests or attempts, try again in ${retryAfter} seconds`
    super('temporarily_unavailable', description, 429, reason)
  }
}

/** Counts towards one limit. */
export interface Count {
  readonly most: number
  /** The length of a period, in milliseconds. */
  readonly period: number
  readonly add: (value: string, times?: number) => ReturnType<Limiter['count']>
  readonly giveBack: (value: string) => Promise<void>
}

/** The parts that every limit needs. */
export interface LimitParts {
  readonly addressOf: AddressOf
  /**
   * The count of a limit. It never ends if the limit is off.
   *
   * @param known - the count of its own that a known address has
   */
  readonly countOf: (option: LimitOption, known?: 'known') => Count
  /** Tells of a hit, and returns the error to answer with. */
  readonly refuse: (
    ctx: Context,
    option: LimitOption,
    endsIn: number,
    of?: Pick<LimitHit, 'clientId' | 'typed'>,
  ) => ProtocolError
  readonly onHit: (listener: HitListener) => void
}

/** @param createLimiter - creates the counter of a limit */
export function createLimitParts(
  { storage, limits, trustedProxies }: Config,
  createLimiter: (rule: LimiterRule) => Limiter,
): LimitParts {
  const addressOf = createAddressOf(trustedProxies)
  const listeners = new Set<HitListener>()
  const [secret = new Uint8Array()] = storage.deriveKeys('limits')
  const hash = createKeyedHash(secret)
  const toKey = (value: string): string => hash(value).toString('base64url').slice(0, 22)
  return {
    addressOf,
    onHit: (listener) => void listeners.add(listener),
    countOf(option, known) {
      const limit = limits[option]
      if (!limit) return noCount
      const name = [limitNames[option], ...(known ? [known] : [])].join('_')
      const limiter = createLimiter({ name, ...limit })
      return {
        most: limit.count,
        period: limit.seconds * 1000,
        add: (value, times) => limiter.count(toKey(value), times),
        giveBack: (value) => limiter.giveBack(toKey(value)),
      }
    },
    refuse(ctx, option, endsIn, of = {}) {
      const retryAfter = Math.max(1, Math.ceil(endsIn / 1000))
      const address = addressOf(ctx.req)
      const hit = { limit: limitNames[option], address, retryAfter, ...of }
      for (const listener of listeners) callListeners(() => listener(hit, ctx))
      ctx.set('Retry-After', String(retryAfter))
      ctx.set('Cache-Control', 'no-store')
      return new LimitReached(retryAfter, toReason(option, limits[option], retryAfter))
    },
  }
}

/** Says which limit it was, for the operator alone. */
const toReason = (option: LimitOption, limit: Limit | false, retryAfter: number): string =>
  limit
    ? `the limit ${option} was reached, ${limit.count} in ${limit.seconds} seconds; it ends in ${retryAfter} seconds (docs/operations.md, Limits)`
    : `the limit ${option} was reached`

const noCount: Count = {
  most: Infinity,
  period: 0,
  add: async () => ({ count: 0, endsIn: 0 }),
  giveBack: async () => {},
}

/** Counts one more. Resolves to the milliseconds to wait if it is above the limit, otherwise to 0. */
export async function countUp({ most, add }: Count, value: string): Promise<number> {
  const { count, endsIn } = await add(value)
  return count > most ? Math.max(1, endsIn) : 0
}
