import type { Middleware } from 'koa'
import { errors, type KoaContextWithOIDC } from 'oidc-provider'
import type Provider from 'oidc-provider'
import { ClientMetadataError, ProtocolError } from '../errors.ts'
import type { Renderer } from './error-page.ts'

interface Problem {
  readonly status: number
  readonly out: { readonly error: string; readonly error_description: string }
}

/** When to try again what cannot be answered now, in seconds. */
const retryAfter = '1'

/**
 * Answers what nothing else answered for: errors of the pages, and those that the framework lets
 * through. What is nobody's fault but ours says nothing but that, and goes out as the provider's
 * event `server_error`. What cannot be answered now says when to try again (RFC 9110, Section 10.2.3).
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
    if (ctx.status === 503 && !ctx.response.get('Retry-After')) ctx.set('Retry-After', retryAfter)
  }
}

function toProblem(error: unknown): Problem {
  const isOfClient = error instanceof ClientMetadataError || error instanceof ProtocolError
  if (isOfClient || (error instanceof errors.OIDCProviderError && error.expose)) {
    const { statusCode: status, error: code, error_description: description } = error
    return { status, out: { error: code, error_description: description ?? '' } }
  }
  return {
    status: 500,
    out: { error: 'server_error', error_description: 'oops! something went wrong' },
  }
}

const toError = (error: unknown): Error =>
  error instanceof Error
    ? error
    : new Error('something that is no error was thrown', { cause: error })
