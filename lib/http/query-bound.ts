import type { Middleware } from 'koa'
import { errors } from 'oidc-provider'

/** How many parameters a query has at most. */
const mostParameters = 200

/**
 * Refuses a query with too many parameters before anybody reads it: for one that is sent n times, Koa compares all n parameters n
 * times. Seven thousand fit into a request, and stop the process for a second.
 */
export function createQueryBound(): Middleware {
  return async (ctx, next) => {
    if (isWithin(ctx.querystring)) return next()
    // The page of the error reads the query, too.
    ctx.querystring = ''
    throw new errors.InvalidRequest(`the query has more than ${mostParameters} parameters`)
  }
}

function isWithin(query: string): boolean {
  let at = -1
  for (let count = 0; count < mostParameters; count += 1) {
    at = query.indexOf('&', at + 1)
    if (at === -1) return true
  }
  return false
}
