import type { Context, Middleware } from 'koa'
import compose from 'koa-compose'
import type { Config } from '../config/config.ts'
import { createByPath, type PathMiddleware } from '../http/app.ts'
import { hostContext } from '../http/request-context.ts'
import { asRequest } from '../oidc/internals.ts'
import { clientPaths, registrationPath, routes } from '../paths.ts'
import type { AccountsWithPassword } from '../pleo/accounts.ts'
import type { Limiter, LimiterRule } from '../storage.ts'
import { createClientLimits, type ClientLimits } from './client-limits.ts'
import { createKnownAddresses } from './known-addresses.ts'
import { countUp, createLimitParts, type Count, type LimitParts } from './limit-counts.ts'
import { createSharedCount } from './shared-count.ts'

/** The limits of one server. */
export interface Limits extends Pick<LimitParts, 'onHit'>, Pick<ClientLimits, 'guard'> {
  /** Counts requests, and failures of clients. It comes before everything that answers them. */
  readonly middleware: Middleware
  /** Asks the host for a person, within the limits. */
  readonly authenticate: Authenticate
}

type Authenticate = (
  credentials: Parameters<AccountsWithPassword['authenticate']>[0],
  ctx: Context,
) => Promise<string | undefined>

/** @param createLimiter - creates the counter of a limit */
export function createLimits(
  config: Config,
  createLimiter: (rule: LimiterRule) => Limiter,
): Limits {
  const shared = createLimitParts(config, createLimiter)
  const { guard, middleware } = createClientLimits(shared, config)
  const { pushed_authorization_request: push } = routes
  return {
    guard,
    onHit: shared.onHit,
    authenticate: limitSignIn(shared, config),
    middleware: createByPath([
      ...clientPaths.map((path): PathMiddleware => [path, middleware]),
      [routes.authorization, countRequests(shared, 'authorization')],
      // In place of the first entry of this path: pushed requests have both limits.
      [push, compose([countRequests(shared, 'pushedRequest'), middleware])],
      [registrationPath, countRequests(shared, 'registration')],
    ]),
  }
}

/** So many parts of a limit are counted in each process before the storage hears of them. */
const parts = 100

/**
 * Counts requests of an address. Above the limit, this process refuses without asking the storage. Of a high limit it tells the
 * storage a hundredth at a time, so all processes together may let through a hundredth for each process more.
 */
function countRequests(
  { addressOf, countOf, refuse }: LimitParts,
  option: 'authorization' | 'pushedRequest' | 'registration',
): Middleware {
  const limit = countOf(option)
  const requests = createSharedCount(limit, limit.most / parts)
  return async (ctx, next) => {
    if (ctx.method !== 'OPTIONS') {
      const address = addressOf(ctx.req)
      // Waiting for it is a part of how long the request may wait in all.
      const wait = requests.wait(address) || (await asRequest(ctx, () => requests.add(address)))
      if (wait > 0) throw refuse(ctx, option, wait)
    }
    return next()
  }
}

/**
 * Counts attempts before the host looks at the password, so that two at once never take the same last place. An attempt that was no
 * wrong password is given back. If the storage does not answer, nobody signs in.
 */
function limitSignIn(
  { addressOf, countOf, refuse }: LimitParts,
  { accounts, storage }: Config,
): Authenticate {
  const ofAddress = countOf('signInAddress')
  const ofAccount = countOf('signInAccount')
  const ofKnown = countOf('signInAccount', 'known')
  const known = createKnownAddresses(storage, 'account')
  return async (credentials, ctx) => {
    const address = addressOf(ctx.req)
    const account = toAccount(credentials.username)
    const pair = `${address} ${account}`
    const counted: (readonly [Count, string])[] = []
    const add = (count: Count, value: string): Promise<number> => {
      counted.push([count, value])
      return countUp(count, value)
    }
    const waitForAddress = await add(ofAddress, address)
    if (waitForAddress > 0)
      throw refuse(ctx, 'signInAddress', waitForAddress, { typed: credentials.username })
    const wait = await add(ofAccount, account)
    if (wait > 0) {
      const isKnown = await known.isKnown(account, address)
      if (!isKnown || (await add(ofKnown, pair)) > 0)
        throw refuse(ctx, 'signInAccount', wait, { typed: credentials.username })
    }
    let done: readonly Promise<void>[] = []
    const giveBack = () => counted.map(([count, value]) => count.giveBack(value))
    try {
      const accountId = await accounts.authenticate?.(credentials, hostContext(ctx))
      if (accountId) done = [...giveBack(), known.remember(account, address)]
      return accountId
    } catch (error) {
      done = giveBack()
      throw error
    } finally {
      // If the storage does not answer now, the attempt stays counted.
      await Promise.allSettled(done)
    }
  }
}

/**
 * The name that somebody typed, in the one spelling that is counted. Many databases compare names without accents, width and unseen
 * signs: each spelling would have attempts of its own. It is no harm if two accounts share a count.
 */
const toAccount = (username: string): string =>
  username
    .normalize('NFKD')
    .replaceAll(/[\p{Mark}\p{Default_Ignorable_Code_Point}\s]/gu, '')
    .toUpperCase()
    .toLowerCase()
