import type { Middleware } from 'koa'
import type { KoaContextWithOIDC } from 'oidc-provider'

/** What a refusal means where the framework has no word for it. */
const descriptions: ReadonlyMap<string, string> = new Map([
  ['request_not_supported', 'the parameter request is not supported'],
  [
    'request_uri_not_supported',
    'request_uri must come from the pushed authorization request endpoint',
  ],
  ['registration_not_supported', 'the parameter registration is not supported'],
])

/**
 * Answers authorization requests in the query alone, whatever response type or mode was asked for,
 * and never without saying why.
 */
export function createQueryOnly(): Middleware {
  return async (ctx, next) => {
    await next()
    const { oidc } = ctx as unknown as Partial<KoaContextWithOIDC>
    const location = ctx.response.get('Location')
    if (!oidc || !location || !/[?#&]error=/.test(location)) return
    const url = new URL(location)
    for (const [name, value] of new URLSearchParams(url.hash.slice(1))) {
      url.searchParams.set(name, value)
    }
    url.hash = ''
    const description = descriptions.get(url.searchParams.get('error') ?? '')
    if (description !== undefined && !url.searchParams.has('error_description')) {
      url.searchParams.set('error_description', description)
    }
    ctx.redirect(url.href)
  }
}
