import { randomBytes } from 'node:crypto'
import type { Context, Middleware } from 'koa'
import { isAsset, isForPrograms } from '../paths.ts'

export const requestIdHeader = 'X-Request-Id'

/**
 * Gives each request an id, as `ctx.state.requestId`, by which its error page is found in the log. A proxy or the host may have
 * given it one already.
 */
export function createRequestIds(): Middleware {
  return (ctx, next) => {
    const given = [ctx.get(requestIdHeader), String(ctx.res.getHeader(requestIdHeader) ?? '')]
    const id = given.find(isHarmless) ?? randomBytes(12).toString('base64url')
    ctx.state['requestId'] = id
    if (!isForPrograms(ctx.path) && !isAsset(ctx.path)) ctx.set(requestIdHeader, id)
    return next()
  }
}

/** Whether it can be repeated on a page, in a header and in a log: strangers can send the header. */
const isHarmless = (id: string): boolean => /^[\w.:+/=@-]{1,64}$/.test(id)

/** The id of a request; empty if it never came to {@link createRequestIds}. */
export const requestIdOf = ({ state }: Pick<Context, 'state'>): string =>
  String(state['requestId'] ?? '')
