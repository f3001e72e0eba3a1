import { randomUUID } from 'node:crypto'
import type { Context } from 'koa'
import type { Endpoint } from '../paths.ts'
import { requestIdHeader } from './security-headers.ts'

/**
 * Gives each request an id, as `ctx.state.requestId`, by which its error is found in the log. A proxy or the host may have given it
 * one already.
 */
export function setRequestId({ req, res, state }: Context, endpoint: Endpoint | undefined): void {
  const id =
    toGiven(req.headers['x-request-id']) ??
    toGiven(res.getHeader(requestIdHeader)) ??
    createRequestId()
  state['requestId'] = id
  if (!endpoint?.isForPrograms && !endpoint?.isAsset) res.setHeader(requestIdHeader, id)
}

function toGiven(value: string | number | readonly string[] | undefined): string | undefined {
  const id = value === undefined ? '' : String(value)
  return id !== '' && isRequestId(id) ? id : undefined
}

/** The first 16 digits of a random UUID. */
function createRequestId(): string {
  const uuid = randomUUID()
  return uuid.slice(0, 8) + uuid.slice(9, 13) + uuid.slice(14, 18)
}

/** Whether an id can be repeated on a page, in a header and in a log: strangers can send the header. */
export const isRequestId = (id: string): boolean => /^[\w.:+/=@-]{1,64}$/.test(id)

/** The id of a request. It is empty before the request has one. */
export const requestIdOf = ({ state }: Pick<Context, 'state'>): string =>
  String(state['requestId'] ?? '')

/** Tells a program the id of its request, also if it runs in a browser. Programs need it for errors only. */
export function tellRequestId(ctx: Context): void {
  ctx.res.setHeader(requestIdHeader, requestIdOf(ctx))
  const exposed = ctx.response.get(exposedHeaders)
  if (exposed) ctx.set(exposedHeaders, `${exposed}, ${requestIdHeader}`)
}

const exposedHeaders = 'Access-Control-Expose-Headers'
