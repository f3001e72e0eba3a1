import type { Middleware } from 'koa'
import type { KeyFollower } from './key-follower.ts'

/** What {@link createKeyMiddleware} takes. */
export interface KeyMiddlewareParts {
  /** Where everything answers, by name, as it came out in the end. */
  readonly routes: Readonly<Record<string, string>>
  /** For how many seconds whoever reads the keys may keep them. */
  readonly maxAge: number
  /** Left out where the keys never change. */
  readonly follower?: KeyFollower
}

/**
 * Lets whoever reads the keys keep them for so long, and has each request that keys are published or something is
 * signed for wait until they are as they should be.
 */
export function createKeyMiddleware({ routes, maxAge, follower }: KeyMiddlewareParts): Middleware {
  const jwks = toFolded(routes['jwks'] ?? '')
  const endpoints = Object.values(routes).map((route) => toFolded(route))
  // What is below an endpoint goes on with what began there.
  const isEndpoint = (path: string): boolean =>
    endpoints.some((endpoint) => path === endpoint || path.startsWith(`${endpoint}/`))
  return async (ctx, next) => {
    // What a browser asks before is answered without keys.
    if (ctx.method === 'OPTIONS') return next()
    const path = toFolded(ctx.path)
    if (path === jwks) {
      await follower?.follow()
      await next()
      if (ctx.status === 200) ctx.set('Cache-Control', `public, max-age=${maxAge}`)
      return
    }
    if (follower && isEndpoint(path)) await follower.followToSign()
    await next()
  }
}

/** The framework takes every case and a slash at the end, and makes two slashes in a route one. */
const toFolded = (path: string): string =>
  path.toLowerCase().replaceAll('//', '/').replace(/\/$/, '')
