import type { Middleware } from 'koa'
import { routes } from '../provider/routes.ts'
import type { KeyFollower } from './key-follower.ts'

const endpoints: ReadonlySet<string> = new Set(Object.values(routes))

/**
 * Lets whoever reads the keys keep them for so many seconds, and has each request that keys are published or something
 * is signed for wait until they are as they should be.
 */
export function createKeyMiddleware(maxAge: number, follower?: KeyFollower): Middleware {
  return async (ctx, next) => {
    const { path } = ctx
    if (path === routes.jwks) {
      await follower?.follow()
      await next()
      if (ctx.status === 200) ctx.set('Cache-Control', `public, max-age=${maxAge}`)
      return
    }
    if (endpoints.has(path) || path.startsWith(`${routes.authorization}/`))
      await follower?.followToSign()
    await next()
  }
}
