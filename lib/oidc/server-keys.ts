import type { Middleware } from 'koa'
import type Provider from 'oidc-provider'
import type { Config } from '../config/config.ts'
import { createByPath } from '../http/app.ts'
import { toFolded } from '../paths.ts'
import { replaceSigningKeys, internalsOf } from './internals.ts'
import { createKeyFollower, toMaxAge, type KeyFollower } from '../keys/key-follower.ts'
import type { KeyTimes } from '../keys/schedule.ts'
import { createGivenKeys, createStoredKeys, type SigningKeys } from '../keys/signing-keys.ts'

/** The signing keys of a server, and the middleware that keeps them current. */
export interface ServerKeys {
  readonly signingKeys: SigningKeys
  /** Sees every request. */
  readonly middleware: Middleware
  /**
   * Await it before a token is verified outside a request.
   *
   * @throws the error of the storage if no key is known yet
   */
  readonly follow: () => Promise<void>
}

/** Lets the provider use the keys in the storage if the options say so. */
export function createServerKeys(provider: Provider, config: Config): ServerKeys {
  const { keyAnnouncement: announcement, keyRetirement: retirement } = config.lifetimes
  const times: KeyTimes = { announcement, retirement }
  const parts = { routes: internalsOf(provider).configuration.routes, maxAge: toMaxAge(times) }
  if (!config.hasStoredKeys)
    return {
      signingKeys: createGivenKeys(),
      // Only the JWKS needs it: other requests do not pass it.
      middleware: createByPath([[parts.routes['jwks'] ?? '', createKeyMiddleware(parts)]]),
      follow: async () => undefined,
    }
  const records = config.storage.records('SigningKeys')
  const install = (keys: Parameters<typeof replaceSigningKeys>[1]): void =>
    replaceSigningKeys(provider, keys)
  // The provider was constructed with a key for nothing, because it needs one. It must never sign with it.
  install([])
  const follower = createKeyFollower({ records, times, install })
  return {
    signingKeys: createStoredKeys(records, (schedule) => follower.change(schedule)),
    middleware: createKeyMiddleware({ ...parts, follower }),
    follow: () => follower.follow(),
  }
}

interface KeyMiddlewareParts {
  /** The paths of the framework, by name. */
  readonly routes: Readonly<Record<string, string>>
  /** For how many seconds a reader may keep the JWKS. */
  readonly maxAge: number
  /** Left out if the keys never change. */
  readonly follower?: KeyFollower
}

/** Waits for current keys before a request that publishes keys or signs, and lets readers keep the JWKS for `maxAge`. */
function createKeyMiddleware({ routes, maxAge, follower }: KeyMiddlewareParts): Middleware {
  const toRoute = (route = ''): string => toFolded(route.replaceAll('//', '/'))
  const jwks = toRoute(routes['jwks'])
  const endpoints = new Set(Object.values(routes).map((route) => toRoute(route)))
  const above = [...endpoints].map((endpoint) => `${endpoint}/`)
  // A path below an endpoint belongs to it, such as the one that resumes an authorization request.
  const isEndpoint = (path: string): boolean =>
    endpoints.has(path) || above.some((beginning) => path.startsWith(beginning))
  const publish: Middleware = async (ctx, next) => {
    await follower?.follow()
    await next()
    if (ctx.status === 200) ctx.set('Cache-Control', `public, max-age=${maxAge}`)
  }
  const followAndGoOn: Middleware = async (ctx, next) => {
    if (isEndpoint(toFolded(ctx.path))) await follower?.followToSign()
    await next()
  }
  return (ctx, next) => {
    // A preflight needs no keys.
    if (ctx.method === 'OPTIONS') return next()
    if (toFolded(ctx.path) === jwks) return publish(ctx, next)
    return !follower || follower.isCurrent() ? next() : followAndGoOn(ctx, next)
  }
}
