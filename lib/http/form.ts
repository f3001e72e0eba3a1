import { parse as parseForm } from 'node:querystring'
import { bodyParser } from '@koa/bodyparser'
import type { Context, Middleware } from 'koa'
import compose from 'koa-compose'
import { errors } from 'oidc-provider'

const tooLarge = 'the body is too large'

const descriptions: ReadonlyMap<number, string> = new Map([
  [413, tooLarge],
  [415, 'the encoding of the body is not supported'],
])

/**
 * Reads a form into `ctx.request.body`; every other content type is refused. What the host has read already is taken as
 * the framework takes it: parsed, as text or as a Buffer.
 *
 * @param limit - the longest body
 */
export function createFormParser(limit: `${number}kb`): Middleware {
  const longest = Number.parseInt(limit, 10) * 1024
  const parse = bodyParser({ enableTypes: ['form'], formLimit: longest, onError: toBodyError })
  const refuseOthers: Middleware = async (ctx, next) => {
    if (ctx.is('application/x-www-form-urlencoded') === 'application/x-www-form-urlencoded') {
      return next()
    }
    throw new errors.InvalidRequest('the body must be a form', 415)
  }
  const read: Middleware = (ctx, next) => {
    // While there is something to read, nobody has read the form: some parsers of JSON leave `{}` all the same.
    if (ctx.req.readable) delete ctx.request.body
    else takeRead(ctx, longest)
    return parse(ctx, next)
  }
  return compose([refuseOthers, read]) as Middleware
}

/** Takes what the host has read, where Koa or Express leave it. */
function takeRead({ req, request }: Context, longest: number): void {
  const left: unknown = request.body ?? ('body' in req ? req.body : undefined)
  if (left === undefined) throw new errors.InvalidRequest('the body cannot be read')
  request.body = left
  if (typeof left !== 'string' && !Buffer.isBuffer(left)) return
  if (Buffer.byteLength(left) > longest) throw new errors.InvalidRequest(tooLarge, 413)
  request.rawBody = left.toString()
  request.body = parseForm(request.rawBody)
}

/** Says why a body cannot be read. */
export function toBodyError(error: Error): never {
  const status = 'status' in error ? Number(error.status) : 400
  const description = descriptions.get(status)
  if (description) throw new errors.InvalidRequest(description, status)
  throw new errors.InvalidRequest('the body cannot be read', 400, { cause: error })
}
