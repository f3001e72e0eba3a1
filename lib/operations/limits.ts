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
  const parts = createLimitParts(config, createLimiter)
  const { guard, middleware } = createClientLimits(parts, config)
  const count = (path: string, option: Parameters<typeof countRequests>[1]): PathMiddleware => [
    path,
    countRequests(parts, option),
  ]
  const requests = [
    count(routes.authorization, 'authorization'),
    count(routes.pushed_authorization_request, 'pushedRequest'),
    count(registrationPath, 'registration'),
  ]
  return {
    guard,
    onHit: parts.onHit,
    authenticate: limitSignIn(parts, config),
    middleware: compose([
      createByPath(requests),
      createByPath(clientPaths.map((path): PathMiddleware => [path, middleware])),
    ]),
  }
}

/** Counts requests of an address. If the storage does not answer, they go on. */
function countRequests(
  { addressOf, countOf, refuse }: LimitParts,
  option: 'authorization' | 'pushedRequest' | 'registration',
): Middleware {
  const requests = countOf(option)
  return async (ctx, next) => {
    if (ctx.method !== 'OPTIONS') {
      const count = () => countUp(requests, addressOf(ctx.req))
      // Waiting for it is a part of how long the request may wait in all.
      const wait = await asRequest(ctx, count).catch(() => 0)
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
    if (waitForAddress > 0) throw refuse(ctx, 'signInAddress', waitForAddress)
    const wait = await add(ofAccount, account)
    if (wait > 0) {
      const isKnown = await known.isKnown(account, address)
      if (!isKnown || (await add(ofKnown, pair)) > 0) throw refuse(ctx, 'signInAccount', wait)
    }
    let isWrong = false
    try {
      const accountId = await accounts.authenticate?.(credentials, hostContext(ctx))
      isWrong = !accountId
      if (accountId) await known.remember(account, address)
      return accountId
    } finally {
      const all = isWrong ? [] : counted
      // If the storage does not answer now, the attempt stays counted.
      await Promise.allSettled(all.map(([count, value]) => count.giveBack(value)))
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
