import { bodyParser } from '@koa/bodyparser'
import type { Middleware } from 'koa'
import compose from 'koa-compose'
import { errors } from 'oidc-provider'
import { toBodyError } from './form.ts'

/**
 * Reads a JSON object into `ctx.request.body`; everything else is refused.
 *
 * @param limit - the longest body, as in `16kb`
 */
export function createJsonParser(limit: string): Middleware {
  const parse = bodyParser({ enableTypes: ['json'], jsonLimit: limit, onError: toBodyError })
  const refuseOthers: Middleware = async (ctx, next) => {
    if (ctx.is('application/json') === 'application/json') return next()
    throw new errors.InvalidRequest('the body must be JSON', 415)
  }
  const refuseNoObject: Middleware = async (ctx, next) => {
    const { body } = ctx.request
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) return next()
    throw new errors.InvalidRequest('the body must be a JSON object')
  }
  return compose([refuseOthers, parse, refuseNoObject]) as Middleware
}
