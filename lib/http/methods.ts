import type { Middleware } from 'koa'
import { allowedMethods } from '../provider/routes.ts'

/** Refuses methods that a path does not know (RFC 9110, Section 15.5.6). */
export function createMethodCheck(): Middleware {
  return async (ctx, next) => {
    const allowed = allowedMethods(ctx.path)
    if (!allowed) return next()
    if (allowed.includes(ctx.method)) await next()
    else {
      ctx.status = 405
      ctx.body = {
        error: 'invalid_request',
        error_description: `${ctx.method} is not allowed here, only ${allowed.join(', ')}`,
      }
    }
    const isUnanswered = ctx.body === undefined && ctx.status === 404
    if (ctx.method === 'OPTIONS' && isUnanswered) ctx.status = 204
    if (ctx.method === 'OPTIONS' || ctx.status === 405) ctx.set('Allow', allowed.join(', '))
  }
}
