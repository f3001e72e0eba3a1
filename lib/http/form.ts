import { bodyParser } from '@koa/bodyparser'
import type { Middleware } from 'koa'
import compose from 'koa-compose'
import { errors } from 'oidc-provider'

const descriptions: ReadonlyMap<number, string> = new Map([
  [413, 'the body is too large'],
  [415, 'the encoding of the body is not supported'],
])

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
  const description = descriptions.get(status)
  if (description) throw new errors.InvalidRequest(description, status)
  throw new errors.InvalidRequest('the body cannot be read', 400, { cause: error })
}
