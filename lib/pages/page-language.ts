import type { Context } from 'koa'

const key = Symbol('ui_locales')

/** Remembers which languages the authorization request asked for that this page belongs to. */
export function rememberUiLocales(ctx: object, uiLocales: unknown): void {
  Object.assign(ctx, { [key]: uiLocales })
}

/** The parts of a request that the language of a page comes from, and the headers that name it. */
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

/** Which way a language is written, for the attribute `dir`. */
export type Direction = 'ltr' | 'rtl'

/** Languages that are asked for under names of which we have no texts, and those that their people read. */
const aliases: ReadonlyMap<string, string> = new Map([
  ['no', 'nb'],
  ['nn', 'nb'],
])

/** The longest language tag that is looked at: more is nothing that a person set (RFC 5646, Section 4.4.1). */
const longestTag = 35

/** The longest header, and the longest `ui_locales`, that are looked at: matching takes time for each entry. */
const longestHeader = 1000
const longestUiLocales = 10_000

/**
 * The language to answer in: the first of `ui_locales` that there is, with or without its region, or else what
 * the browser prefers, or else the first of the languages there are. Takes whatever is sent, and never throws.
 *
 * @param languages - the languages there are, the default first
 * @param uiLocales - language tags, separated by spaces (OpenID Connect Core, Section 3.1.2.1). People also write them like a locale
 * of their system (`da_DK.UTF-8`), or like the header `Accept-Language` (`da,en;q=0.8`).
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110.html#section-12.5.4 RFC 9110, Section 12.5.4}
 */
export function chooseLanguage(
  languages: readonly string[],
  uiLocales: unknown,
  ctx: Pick<Context, 'acceptsLanguages' | 'get'>,
): string {
  const [fallback = ''] = languages
  return wanted(languages, uiLocales) ?? accepted(languages, ctx) ?? fallback
}

function wanted(languages: readonly string[], uiLocales: unknown): string | undefined {
  if (typeof uiLocales !== 'string' || uiLocales.length > longestUiLocales) return undefined
  const known = new Map([
    ...[...aliases].filter(([, language]) => languages.includes(language)),
    ...languages.map((language) => [language.toLowerCase(), language] as const),
  ])
  for (const tag of uiLocales.split(/[\s,;]+/)) {
    if (tag.length > longestTag) continue
    const subtags = tag.toLowerCase().split(/[-_.@]/)
    // From the whole tag to the language alone (RFC 4647, Section 3.4).
    for (let length = subtags.length; length > 0; length -= 1) {
      const language = known.get(subtags.slice(0, length).join('-'))
      if (language !== undefined) return language
    }
  }
  return undefined
}

function accepted(
  languages: readonly string[],
  ctx: Pick<Context, 'acceptsLanguages' | 'get'>,
): string | undefined {
  if (ctx.get('Accept-Language').length > longestHeader) return undefined
  const others = [...aliases].filter(
    ([alias, language]) => languages.includes(language) && !languages.includes(alias),
  )
  const best = ctx.acceptsLanguages([...languages, ...others.map(([alias]) => alias)])
  if (best === false) return undefined
  return languages.includes(best) ? best : aliases.get(best)
}

/** Which way a language is written. */
export function directionOf(language: string): Direction {
  // A method by the standard, a getter in engines from before it; the compiler knows neither.
  const locale = new Intl.Locale(language) as Intl.Locale & {
    readonly getTextInfo?: () => TextInfo
    readonly textInfo?: TextInfo
  }
  return (locale.getTextInfo?.() ?? locale.textInfo)?.direction === 'rtl' ? 'rtl' : 'ltr'
}

interface TextInfo {
  readonly direction?: string
}
