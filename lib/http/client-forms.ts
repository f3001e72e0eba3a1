import type { Context } from 'koa'
import { ProtocolError } from '../errors.ts'
import { hostContext } from './request-context.ts'

const formType = 'application/x-www-form-urlencoded'

/** The longest form that the framework reads, in bytes. */
const longest = 56 * 1024

/**
 * Names what keeps the framework from reading the form of a client. It would take the body for empty, or read something else
 * from it, and then say that a parameter or the client authentication is missing.
 *
 * @throws ProtocolError
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749.html#appendix-B RFC 6749, Appendix B}
 */
export function checkClientForm(ctx: Context): void {
  const fault = findFault(ctx)
  if (fault === undefined) return
  ctx.set('Cache-Control', 'no-store')
  // A script in a browser may read it, as it may read every error that comes before the client is known.
  ctx.vary('Origin')
  if (ctx.headers.origin !== undefined) ctx.set('Access-Control-Allow-Origin', ctx.headers.origin)
  throw new ProtocolError('invalid_request', fault)
}

function findFault(ctx: Context): string | undefined {
  if (ctx.get('Content-Type') === '') return `Content-Type is missing, it must be ${formType}`
  if (isConsumed(ctx))
    return 'the body was read in front of this server, and nothing of it was left'
  // A parser of the host has read it and decoded it.
  if (!ctx.req.readable) return undefined
  if (Number(ctx.get('Content-Length')) > longest) {
    return `the body is too large, it must have ${longest} bytes at most`
  }
  const encoding = ctx.get('Content-Encoding')
  if (!/^(identity)?$/i.test(encoding)) {
    return `Content-Encoding is ${toShown(encoding)}, but the body must be sent as it is: leave the header out`
  }
  const { charset } = ctx.request
  // A form is ASCII. Some Java clients name ISO-8859-1 for it.
  return /^(utf-?8|us-ascii|iso-8859-1)?$/i.test(charset)
    ? undefined
    : `the charset in Content-Type is ${toShown(charset)}, it must be utf-8`
}

/** The sender writes the value, so only a plausible one is repeated. */
const toShown = (value: string): string => (/^[\w.:+-]{1,40}$/.test(value) ? value : 'unknown')

/** Whether something before this server read the body of a request, and left nothing that can be used. */
export function isConsumed(ctx: Context): boolean {
  const { req } = ctx
  const { headers } = req
  const hasBody =
    Number(headers['content-length'] ?? 0) > 0 || headers['transfer-encoding'] !== undefined
  // If the client went away, nothing read the body.
  if (!hasBody || req.readableAborted) return false
  return req.readableEnded ? !isLeft(ctx) : req.readableEncoding !== null
}

/** Whether the body that was read is there, in a place in which the framework looks. */
function isLeft(ctx: Context): boolean {
  const { request } = hostContext(ctx)
  const left = ('body' in ctx.req && ctx.req.body) || request.body
  if (!left) return false
  const isEmptyForm = ctx.is('urlencoded') && Object.keys(left).length === 0
  // If the parser kept the text as well, it has read a form with nothing in it.
  return !isEmptyForm || request.rawBody !== undefined
}
