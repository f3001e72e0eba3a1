import { parse as parseForm } from 'node:querystring'
import { bodyParser } from '@koa/bodyparser'
import type { Context, Middleware } from 'koa'
import compose from 'koa-compose'
import { ProtocolError } from '../errors.ts'
import { hostContext } from './request-context.ts'

/** The longest form, in bytes. */
const formLimit = 16 * 1024

const refusal = (description: string, status = 400): Error =>
  new ProtocolError('invalid_request', description, status)

const tooLarge = (): Error => refusal('the body is too large', 413)

/** Reads a form into `ctx.request.body`, also if the host has read it. Every other content type is refused. */
export function createFormParser(): Middleware {
  const parse = bodyParser({ enableTypes: ['form'], formLimit, onError: throwBodyError })
  return async (ctx, next) => {
    if (ctx.is('application/x-www-form-urlencoded') !== 'application/x-www-form-urlencoded') {
      throw refusal('the body must be a form', 415)
    }
    takeRead(ctx, formLimit, parseForm)
    return parse(ctx, next)
  }
}

/**
 * Reads a JSON object into `ctx.request.body`. Everything else is refused, also if a parser of the host has read it before,
 * with a limit of its own.
 *
 * @param limit - the longest body, in bytes
 */
export function createJsonParser(limit: number): Middleware {
  const onError = (error: Error & { readonly body?: unknown }): never => {
    if (typeof error.body === 'string') refuseNoUtf8(error.body)
    return throwBodyError(error)
  }
  const parse = bodyParser({ enableTypes: ['json'], jsonLimit: limit, onError })
  const refuseOthers: Middleware = async (ctx, next) => {
    if (ctx.is('application/json') !== 'application/json') {
      throw refusal('the body must be JSON', 415)
    }
    takeRead(ctx, limit, (text) => JSON.parse(text.replace(/^\uFEFF/, '')))
    if (ctx.request.body !== undefined && lengthOf(ctx) > limit) throw tooLarge()
    return next()
  }
  const refuseNoObject: Middleware = async (ctx, next) => {
    const { body } = ctx.request
    refuseNoUtf8(ctx.request.rawBody ?? write(body) ?? '')
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) return next()
    throw refusal('the body must be a JSON object')
  }
  return compose([refuseOthers, parse, refuseNoObject]) as Middleware
}

/**
 * Takes what the host has read of a body, parsed, as text or as a Buffer, from the places in which Koa and Express leave it. The
 * framework does the same. If the host has read nothing, removes what is there: some parsers leave `{}` of a body that they did
 * not read.
 *
 * @param limit - the longest body, in bytes; the length of a body that is parsed already is not checked
 * @param parse - makes a body of its text
 */
function takeRead(
  { req, request }: Context,
  limit: number,
  parse: (text: string) => unknown,
): void {
  if (req.readable) {
    delete request.body
    return
  }
  const left: unknown = ('body' in req && req.body) || request.body
  if (left === undefined) throw refusal('the body cannot be read')
  request.body = left
  if (typeof left !== 'string' && !Buffer.isBuffer(left)) return
  if (Buffer.byteLength(left) > limit) throw tooLarge()
  request.rawBody = left.toString()
  try {
    request.body = parse(request.rawBody)
  } catch (error) {
    throwBodyError(error as Error)
  }
}

/** Says why a body cannot be read. */
function throwBodyError(error: Error): never {
  const status = 'status' in error ? Number(error.status) : 400
  if (status === 413) throw tooLarge()
  if (status === 415) throw refusal('the encoding of the body is not supported', status)
  throw Object.assign(refusal('the body cannot be read'), { cause: error })
}

/**
 * Refuses a text that was made of bytes which are not UTF-8, as of a file that an editor on Windows saved in another encoding:
 * such bytes became replacement characters, or NULs for UTF-16.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc8259.html#section-8.1 RFC 8259, Section 8.1}
 */
function refuseNoUtf8(text: string): void {
  if (!/[\uFFFD\0]/.test(text)) return
  throw refusal('the body must be JSON in UTF-8, and has bytes that are not')
}

/**
 * The length of a body that was read before, in bytes: as it was sent, or decompressed, whichever is more. If the parser kept no
 * text, the body is written anew.
 */
function lengthOf(ctx: Context): number {
  const { rawBody } = hostContext(ctx).request as { readonly rawBody?: unknown }
  const isKept = typeof rawBody === 'string' || Buffer.isBuffer(rawBody)
  const text = isKept ? rawBody : write(ctx.request.body)
  const sent = Number(ctx.get('Content-Length')) || 0
  return text === undefined ? Infinity : Math.max(sent, Buffer.byteLength(text))
}

/** A body as JSON; undefined if it is nested too deep for that. */
function write(body: unknown): string | undefined {
  try {
    return JSON.stringify(body)
  } catch {
    return undefined
  }
}
