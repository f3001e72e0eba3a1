import type { Context } from 'koa'
import type { ResponseModes } from './internals.ts'

/** Descriptions of refusals that the framework leaves without one. */
const descriptions: ReadonlyMap<string, string> = new Map([
  ['request_not_supported', 'the parameter request is not supported'],
  [
    'request_uri_not_supported',
    'request_uri must come from the pushed authorization request endpoint',
  ],
  ['registration_not_supported', 'the parameter registration is not supported'],
])

type Answer = Readonly<Record<string, string>>

/**
 * Answers authorization requests in the query, and errors also if the request named another mode. An error always says why.
 */
export function answerInQuery(modes: ResponseModes): void {
  modes.set('query', redirectWithQuery)
  for (const name of ['fragment', 'form_post']) {
    const original = modes.get(name)
    modes.set(name, (ctx, redirectUri, answer) =>
      (answer['error'] === undefined && original ? original : redirectWithQuery)(
        ctx,
        redirectUri,
        answer,
      ),
    )
  }
}

function redirectWithQuery(ctx: Context, redirectUri: string, answer: Answer): void {
  const description = descriptions.get(answer['error'] ?? '')
  const whole = {
    ...(description !== undefined && { error_description: description }),
    ...answer,
  }
  const location = withQuery(redirectUri, new URLSearchParams(whole).toString())
  ctx.status = 303
  ctx.redirect(location)
  // That, like every parser of URLs, writes some registered URIs in another way.
  ctx.set('Location', location)
}

/**
 * Appends to a redirect URI, which stays as it is byte for byte.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749.html#section-3.1.2 RFC 6749, Section 3.1.2}
 */
function withQuery(redirectUri: string, query: string): string {
  if (!redirectUri.includes('?')) return `${redirectUri}?${query}`
  return /[?&]$/.test(redirectUri) ? redirectUri + query : `${redirectUri}&${query}`
}
