import type { Context, Middleware } from 'koa'
import { ProtocolError } from '../errors.ts'

/**
 * Returns the token in the header of a request.
 *
 * @throws {@link ProtocolError} `invalid_token` if there is none
 * @see {@link https://www.rfc-editor.org/rfc/rfc6750.html#section-2.1 RFC 6750, Section 2.1}
 */
export function bearerTokenOf(ctx: Pick<Context, 'get'>): string {
  const [, token] = /^Bearer +([\w.~+/-]+=*)$/i.exec(ctx.get('Authorization')) ?? []
  if (token === undefined) throw new ProtocolError('invalid_token', 'invalid token provided', 401)
  return token
}

/**
 * Challenges a request without a good token. Only a request that sent a token gets the error as well.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6750.html#section-3 RFC 6750, Section 3}
 */
export function createBearerChallenge(issuer: string): Middleware {
  return async (ctx, next) => {
    try {
      await next()
    } catch (error) {
      if (error instanceof ProtocolError && error.error === 'invalid_token') {
        const reason = ctx.get('Authorization') === '' ? '' : `, error="${error.error}"`
        ctx.set('WWW-Authenticate', `Bearer realm="${issuer}"${reason}`)
      }
      throw error
    }
  }
}
