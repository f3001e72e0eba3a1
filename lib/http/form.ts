import { parse as parseForm } from 'node:querystring'
import { bodyParser } from '@koa/bodyparser'
import type { Middleware } from 'koa'
import compose from 'koa-compose'
import { errors } from 'oidc-provider'
import { takeRead, toBodyError } from './body.ts'

/** The longest form, in bytes. */
const limit = 16 * 1024

/** Reads a form into `ctx.request.body`, also where the host has read it; every other content type is refused. */
export function createFormParser(): Middleware {
  const parse = bodyParser({ enableTypes: ['form'], formLimit: limit, onError: toBodyError })
  const refuseOthers: Middleware = async (ctx, next) => {
    if (ctx.is('application/x-www-form-urlencoded') === 'application/x-www-form-urlencoded') {
      return next()
    }
    throw new errors.InvalidRequest('the body must be a form', 415)
  }
  const read: Middleware = (ctx, next) => {
    takeRead(ctx, limit, parseForm)
    return parse(ctx, next)
  }
  return compose([refuseOthers, read]) as Middleware
}
