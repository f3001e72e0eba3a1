import type { Context } from 'koa'
import { errors } from 'oidc-provider'

/**
 * Takes what the host has read of a body, where Koa or Express leave it; as the framework does it: parsed, as text or as a
 * Buffer. Where it has not, whatever is left there goes: some parsers leave `{}` of what they did not read.
 *
 * @param limit - the longest body, in bytes; of one that is parsed already the length is not checked
 * @param parse - makes a body of its text
 */
export function takeRead(
  { req, request }: Context,
  limit: number,
  parse: (text: string) => unknown,
): void {
  if (req.readable) {
    delete request.body
    return
  }
  const left: unknown = ('body' in req && req.body) || request.body
  if (left === undefined) throw new errors.InvalidRequest('the body cannot be read')
  request.body = left
  if (typeof left !== 'string' && !Buffer.isBuffer(left)) return
  if (Buffer.byteLength(left) > limit) throw tooLarge()
  request.rawBody = left.toString()
  try {
    request.body = parse(request.rawBody)
  } catch (error) {
    toBodyError(error as Error)
  }
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
