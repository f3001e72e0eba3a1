import type { IncomingMessage } from 'node:http'
import type { Context } from 'koa'

/**
 * The request target as the client sent it. Koa's own `ctx.originalUrl` is what a host in Express or connect left of it,
 * which keeps the whole at the request: a property that no header sets.
 */
export const originalUrlOf = ({ req, originalUrl }: Pick<Context, 'req' | 'originalUrl'>): string =>
  (req as IncomingMessage & { readonly originalUrl?: string }).originalUrl ?? originalUrl
