import { bodyParser } from '@koa/bodyparser'
import type { Context, Middleware } from 'koa'
import compose from 'koa-compose'
import { errors } from 'oidc-provider'
import { takeRead, tooLarge, toBodyError } from './body.ts'
import { hostContext } from './host-context.ts'

/**
 * Reads a JSON object into `ctx.request.body`; everything else is refused, also where a parser of the host has read it
 * before, with a limit of its own.
 *
 * @param limit - the longest body, in bytes
 */
export function createJsonParser(limit: number): Middleware {
  const onError = (error: Error & { readonly body?: unknown }): never => {
    if (typeof error.body === 'string') refuseNoUtf8(error.body)
    return toBodyError(error)
  }
  const parse = bodyParser({ enableTypes: ['json'], jsonLimit: limit, onError })
  const refuseOthers: Middleware = async (ctx, next) => {
    if (ctx.is('application/json') !== 'application/json') {
      throw new errors.InvalidRequest('the body must be JSON', 415)
    }
    takeRead(ctx, limit, (text) => JSON.parse(text.replace(/^\uFEFF/, '')))
    if (ctx.request.body !== undefined && lengthOf(ctx) > limit) throw tooLarge()
    return next()
  }
  const refuseNoObject: Middleware = async (ctx, next) => {
    const { body } = ctx.request
    refuseNoUtf8(ctx.request.rawBody ?? write(body) ?? '')
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) return next()
    throw new errors.InvalidRequest('the body must be a JSON object')
  }
  return compose([refuseOthers, parse, refuseNoObject]) as Middleware
}

/**
 * Refuses a text that was made of bytes which are not UTF-8, as of a file that an editor on Windows saved in another encoding:
 * such bytes became replacement characters, or NULs for UTF-16.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc8259.html#section-8.1 RFC 8259, Section 8.1}
 */
function refuseNoUtf8(text: string): void {
  if (!/[\uFFFD\0]/.test(text)) return
  throw new errors.InvalidRequest('the body must be JSON in UTF-8, and has bytes that are not')
}

/**
 * How long a body is that was read before, in bytes: as it was sent, and as it was once it was no longer compressed. Where
 * the parser kept no text, it is written anew.
 */
function lengthOf(ctx: Context): number {
  const { rawBody } = hostContext(ctx).request as { readonly rawBody?: unknown }
  const isKept = typeof rawBody === 'string' || Buffer.isBuffer(rawBody)
  const text = isKept ? rawBody : write(ctx.request.body)
  const sent = Number(ctx.get('Content-Length')) || 0
  return text === undefined ? Infinity : Math.max(sent, Buffer.byteLength(text))
}

/** A body as JSON; undefined where it is nested too deep for that. */
function write(body: unknown): string | undefined {
  try {
    return JSON.stringify(body)
  } catch {
    return undefined
  }
}
