import type { Context, Middleware } from 'koa'
import compose from 'koa-compose'
import { routes } from '../paths.ts'
import { createFormParser } from './bodies.ts'
import { checkQuery } from './front.ts'

/** How long a URL may get before servers and proxies on the way refuse it. */
const longestUrl = 8000

/**
 * Answers POST at the authorization endpoint as if it were GET (RFC 6749, Section 3.1).
 *
 * The framework takes POST only with cookies that every site may send along. A form on another site
 * comes without cookies, so the browser is sent here again, with them.
 *
 * @param checkSize - throws if the request is too large: then nobody is sent anywhere
 */
export function createPostAuthorization(
  issuer: string,
  checkSize: (ctx: Context) => void,
): Middleware {
  const translate = async (ctx: Context, next: () => Promise<unknown>): Promise<void> => {
    const query = toQuery(ctx)
    const isSentAgain = ctx.get('Sec-Fetch-Site') === 'cross-site' && query.length < longestUrl
    const sendAgain = async (): Promise<void> => {
      checkSize(ctx)
      ctx.status = 303
      ctx.redirect(`${issuer}${routes.authorization}?${query}`)
    }
    const { method } = ctx
    ctx.method = 'GET'
    ctx.querystring = query
    try {
      checkQuery(ctx)
      await (isSentAgain ? sendAgain() : next())
    } finally {
      ctx.method = method
    }
  }
  const whole = compose([createFormParser(), translate as Middleware])
  return (ctx, next) => (ctx.method === 'POST' ? whole(ctx, next) : next())
}

/** The form as a query, name by name: a parser of nested names would read more into it than GET does. */
function toQuery({ request }: Context): string {
  const { rawBody, body } = request as { readonly rawBody?: unknown; readonly body?: unknown }
  if (typeof rawBody === 'string') return new URLSearchParams(rawBody).toString()
  // If a parser of the host read the form, it may have kept no more than this.
  const entries = Object.entries((body ?? {}) as Record<string, unknown>).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value])
      .filter((item) => typeof item === 'string')
      .map((item): [string, string] => [name, item]),
  )
  return new URLSearchParams(entries).toString()
}
