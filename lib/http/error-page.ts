import { errors, type Configuration, type ErrorOut } from 'oidc-provider'
import type { Views } from '../views.ts'
import { setPageHeaders } from './security-headers.ts'

/** Shows an error to a person, as the framework asks for it. */
export type Renderer = NonNullable<Configuration['renderError']>

/** What a person reads about an error; the technical words stand below it. */
const titles: Readonly<Record<string, string>> = {
  access_denied: 'The request was denied',
  server_error: 'Something went wrong on our side',
  temporarily_unavailable: 'This cannot be done right now',
}

/** Draws the error page. It says what is wrong, and nothing of how this server works inside. */
export function createErrorRenderer(views: Views): Renderer {
  return (ctx, out, error) => {
    // What failed last may have come after the way on was known, which can have a code in it.
    ctx.remove('Location')
    ctx.type = 'html'
    setPageHeaders(ctx)
    ctx.body = views.render('error', {
      title: titles[out.error] ?? 'This request cannot be completed',
      message: toMessage(out, error),
      code: out.error,
      continueUrl: 'continueUrl' in error ? error.continueUrl : null,
    })
  }
}

function toMessage(out: ErrorOut, error: Error): string {
  if (out.error === 'temporarily_unavailable') {
    return 'Nothing was lost. Please reload this page in a moment.'
  }
  if (out.error === 'server_error') return 'Nothing was changed. Please try again in a moment.'
  if (error instanceof errors.SessionNotFound) {
    return 'This page is no longer valid. Go back to the application and start again from there.'
  }
  return out.error_description ?? 'Go back to the application and start again from there.'
}
