import type { Context, Middleware } from 'koa'
import { errors, type KoaContextWithOIDC } from 'oidc-provider'
import type Provider from 'oidc-provider'
import type { Renderer } from './error-page.ts'

interface Problem {
  readonly status: number
  readonly out: { readonly error: string; readonly error_description: string }
}

/**
 * Answers what nothing else answered for: errors of the pages, and those that the framework lets
 * through. What is nobody's fault but ours says nothing but that, and goes out as the provider's
 * event `server_error`.
 */
export function createErrorBoundary(provider: Provider, renderError: Renderer): Middleware {
  return async (ctx, next) => {
    try {
      await next()
    } catch (error) {
      const { status, out } = toProblem(error)
      const context = ctx as unknown as KoaContextWithOIDC
      if (status >= 500) provider.emit('server_error', context, toError(error))
      ctx.status = status
      if (ctx.accepts('json', 'html') === 'html') await renderError(context, out, toError(error))
      else ctx.body = out
    }
  }
}

function toProblem(error: unknown): Problem {
  if (error instanceof errors.OIDCProviderError && error.expose) {
    const { statusCode: status, error: code, error_description: description } = error
    return { status, out: { error: code, error_description: description ?? '' } }
  }
  const status = statusOf(error)
  return status !== undefined && status >= 400 && status < 500
    ? {
        status,
        out: {
          error: 'invalid_request',
          error_description: descriptions.get(status) ?? 'request is invalid',
        },
      }
    : {
        status: 500,
        out: { error: 'server_error', error_description: 'oops! something went wrong' },
      }
}

const descriptions: ReadonlyMap<number, string> = new Map([
  [413, 'the body is too large'],
  [415, 'the body must be a form'],
])

function statusOf(error: unknown): number | undefined {
  return error instanceof Error && 'status' in error && typeof error.status === 'number'
    ? error.status
    : undefined
}

const toError = (error: unknown): Error =>
  error instanceof Error
    ? error
    : new Error('something that is no error was thrown', { cause: error })

/** Refuses methods that a path does not know (RFC 9110, Section 15.5.6). */
export function refuseMethod(ctx: Context, allowed: readonly string[]): void {
  ctx.set('Allow', allowed.join(', '))
  ctx.status = 405
  ctx.body = {
    error: 'invalid_request',
    error_description: `${ctx.method} is not allowed here, only ${allowed.join(', ')}`,
  }
}
