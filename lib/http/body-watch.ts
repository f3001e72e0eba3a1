import type { Context } from 'koa'
import { hostContext } from './host-context.ts'

/** Whether something before us read the body of a request and left nothing that can be used. */
export function isConsumed(own: Context): boolean {
  const { req } = own
  const { headers } = req
  const hasBody =
    Number(headers['content-length'] ?? 0) > 0 || headers['transfer-encoding'] !== undefined
  // The body of a client that went away was not read by anybody.
  if (!hasBody || req.readableAborted) return false
  return req.readableEnded ? !isLeft(own) : req.readableEncoding !== null
}

/** Whether there is what it read, where the framework looks for it. */
function isLeft(own: Context): boolean {
  const { request } = hostContext(own)
  const left = ('body' in own.req && own.req.body) || request.body
  if (!left) return false
  const isEmptyForm = own.is('urlencoded') && Object.keys(left).length === 0
  // A parser that kept the text as well has read a form with nothing in it.
  return !isEmptyForm || request.rawBody !== undefined
}
