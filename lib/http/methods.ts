import type { Context, Middleware, Next } from 'koa'
import { errors } from 'oidc-provider'
import type { RegistrationOptions } from '../config/options.ts'
import { allowedMethods, isRegistration } from '../paths.ts'

/**
 * Refuses methods that a path does not know (RFC 9110, Section 15.5.6).
 *
 * @param registration - how clients register themselves; if they do not, those paths are not ours
 */
export function createMethodCheck(registration: RegistrationOptions | undefined): Middleware {
  const isOpen = registration?.initialAccessToken === false
  return async (ctx, next) => {
    const allowed = allowedMethods(ctx.path, isOpen)
    if (!allowed || (!registration && isRegistration(ctx.path))) return next()
    if (allowed.includes(ctx.method)) {
      return ctx.method === 'OPTIONS' ? answerOptions(ctx, next, allowed) : next()
    }
    ctx.set('Allow', allowed.join(', '))
    const description = `${ctx.method} is not allowed here, only ${allowed.join(', ')}`
    throw new errors.InvalidRequest(description, 405)
  }
}

/** The framework answers a preflight request only; to any other it says 404 (RFC 9110, Section 9.3.7). */
async function answerOptions(ctx: Context, next: Next, allowed: readonly string[]): Promise<void> {
  await next()
  if (ctx.body === undefined && ctx.status === 404) ctx.status = 204
  ctx.set('Allow', allowed.join(', '))
}
