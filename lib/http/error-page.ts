import { errors, type Configuration, type ErrorOut } from 'oidc-provider'
import { isForPrograms } from '../provider/routes.ts'
import type { Views } from '../views.ts'
import { setPageHeaders } from './security-headers.ts'

/** Answers with an error: to a person, as the framework asks for it, or to a program. */
export type Renderer = NonNullable<Configuration['renderError']>

/** The words for an error code, in the catalogues below `error.title` and `error.message`. */
const words: ReadonlyMap<string, string> = new Map([
  ['access_denied', 'denied'],
  ['server_error', 'server'],
  ['temporarily_unavailable', 'unavailable'],
])

/**
 * Draws the error page. It says what is wrong, and nothing of how this server works inside. What the error says
 * itself is for developers: it stands below, and in English. Programs get no page: the framework asks for one by
 * `Accept` alone.
 */
export function createErrorRenderer(views: Views): Renderer {
  return (ctx, out, error) => {
    if (isForPrograms(ctx.path)) {
      ctx.body = out
      return
    }
    // What failed last may have come after the way on was known, which can have a code in it.
    ctx.remove('Location')
    ctx.type = 'html'
    setPageHeaders(ctx)
    const title = words.get(out.error) ?? 'general'
    const message = toMessage(error) ?? title
    ctx.body = views.page(ctx).render('error', {
      title: `error.title.${title}`,
      message: `error.message.${message}`,
      code: out.error,
      details: message === 'general' ? toDetails(out) : null,
      continueUrl: 'continueUrl' in error ? String(error.continueUrl) : null,
    })
  }
}

/** What a person is told of this error alone, whatever its code is. */
function toMessage(error: Error): string | undefined {
  if (error instanceof errors.SessionNotFound) return 'expired'
  return 'continueUrl' in error ? 'answered' : undefined
}

const toDetails = ({ error_description: description }: ErrorOut): string | null =>
  description === undefined || description === '' ? null : description
