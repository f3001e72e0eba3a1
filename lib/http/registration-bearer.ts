import type { Context, Middleware } from 'koa'
import { errors } from 'oidc-provider'

/**
 * The token that came with a request, in its header.
 *
 * @throws where there is none: `InvalidToken`
 * @see {@link https://www.rfc-editor.org/rfc/rfc6750.html#section-2.1 RFC 6750, Section 2.1}
 */
export function bearerTokenOf(ctx: Pick<Context, 'get'>): string {
  const [, token] = /^Bearer +([\w.~+/-]+=*)$/i.exec(ctx.get('Authorization')) ?? []
  if (token === undefined) throw new errors.InvalidToken('no token was sent')
  return token
}

/**
 * Says with a token that is not good which kind is asked for, and without one no more than that.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6750.html#section-3 RFC 6750, Section 3}
 */
export function createBearerChallenge(issuer: string): Middleware {
  return async (ctx, next) => {
    try {
      await next()
    } catch (error) {
      if (error instanceof errors.InvalidToken) {
        const reason = ctx.get('Authorization') === '' ? '' : `, error="${error.error}"`
        ctx.set('WWW-Authenticate', `Bearer realm="${issuer}"${reason}`)
      }
      throw error
    }
  }
}
