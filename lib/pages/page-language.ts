import type { Context } from 'koa'
import { chooseLanguage } from './texts/language.ts'

const key = Symbol('ui_locales')

/** Remembers which languages the authorization request asked for that this page belongs to. */
export function rememberUiLocales(ctx: object, uiLocales: unknown): void {
  Object.assign(ctx, { [key]: uiLocales })
}

/** What the language of a page comes from, and where it is said. */
export type PageContext = Pick<Context, 'acceptsLanguages' | 'get' | 'query' | 'set' | 'vary'>

/**
 * Chooses the language of the page that answers a request, and says so in the headers (RFC 9110,
 * Sections 8.5 and 12.5.5).
 *
 * @param languages - the languages there are, the default first
 */
export function setPageLanguage(ctx: PageContext, languages: readonly string[]): string {
  const language = chooseLanguage(languages, uiLocalesOf(ctx), ctx)
  ctx.set('Content-Language', language)
  ctx.vary('Accept-Language')
  return language
}

/** From the interaction; else from the request that the framework read, which may have been pushed; else from the query. */
function uiLocalesOf(ctx: PageContext): unknown {
  const { [key]: remembered, oidc } = ctx as {
    readonly [key]?: unknown
    readonly oidc?: { readonly params?: Readonly<Record<string, unknown>> }
  }
  return remembered ?? oidc?.params?.['ui_locales'] ?? ctx.query['ui_locales']
}
