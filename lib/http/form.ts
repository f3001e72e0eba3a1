import { bodyParser } from '@koa/bodyparser'
import type { Middleware } from 'koa'
import compose from 'koa-compose'
import { errors } from 'oidc-provider'

/**
 * Reads a form into `ctx.request.body`; every other content type is refused.
 *
 * @param limit - the longest body, as in `16kb`
 */
export function createFormParser(limit: string): Middleware {
  const parse = bodyParser({
    enableTypes: ['form'],
    formLimit: limit,
    enableRawChecking: true,
    onError: toBodyError,
  })
  const refuseOthers: Middleware = async (ctx, next) => {
    if (ctx.is('application/x-www-form-urlencoded') === 'application/x-www-form-urlencoded') {
      return next()
    }
    throw new errors.InvalidRequest('the body must be a form', 415)
  }
  return compose([refuseOthers, parse]) as Middleware
}

/** Says why a body cannot be read. */
export function toBodyError(error: Error): never {
  const status = 'status' in error ? Number(error.status) : 400
  if (status === 413) throw tooLarge()
  if (status === 415) {
    throw new errors.InvalidRequest('the encoding of the body is not supported', status)
  }
  throw new errors.InvalidRequest('the body cannot be read', 400, { cause: error })
}

/** What is said of a body beyond the limit. */
export const tooLarge = (): Error => new errors.InvalidRequest('the body is too large', 413)
