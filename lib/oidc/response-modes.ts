import type { Context } from 'koa'
import type Provider from 'oidc-provider'
import { internalsOf } from './internals.ts'

/** Descriptions of refusals that the framework leaves without one. */
const descriptions: ReadonlyMap<string, string> = new Map([
  ['request_not_supported', 'the parameter request is not supported'],
  [
    'request_uri_not_supported',
    'request_uri is for the authorization endpoint, and must come from the pushed authorization request endpoint',
  ],
  ['registration_not_supported', 'the parameter registration is not supported'],
])

type Answer = Readonly<Record<string, string>>

/**
 * Answers authorization requests in the query, and errors also if the request named another mode. An error always says why,
 * also at the pushed authorization request endpoint.
 */
export function answerInQuery(provider: Provider): void {
  const modes = internalsOf(provider).responseModes
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
  provider.on('pushed_authorization_request.error', (ctx) => {
    ctx.body = withDescription(ctx.body as Answer)
  })
}

function withDescription(answer: Answer): Answer {
  const description = descriptions.get(answer['error'] ?? '')
  return { ...(description !== undefined && { error_description: description }), ...answer }
}

function redirectWithQuery(ctx: Context, redirectUri: string, answer: Answer): void {
  const location = withQuery(redirectUri, new URLSearchParams(withDescription(answer)).toString())
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
