import type { Context } from 'koa'
import { createMemory } from '../validation/memory.ts'
import { createWarner, toShown } from '../validation/warner.ts'

const uiLocales: unique symbol = Symbol('ui_locales')
const timeZone: unique symbol = Symbol('time zone')

/** The parts of a request that tell about the person who reads its page, and the headers that name the language. */
export interface PageContext extends Pick<
  Context,
  'acceptsLanguages' | 'get' | 'query' | 'set' | 'vary'
> {
  readonly [uiLocales]?: unknown
  readonly [timeZone]?: unknown
  readonly oidc?: { readonly params?: Readonly<Record<string, unknown>> | undefined }
}

/** Remembers which languages the authorization request asked for that this page belongs to. */
export function rememberUiLocales(ctx: object, given: unknown): void {
  Object.assign(ctx, { [uiLocales]: given })
}

/** Remembers the time zone of the person who sees the page, as the host gave it. */
export function rememberTimeZone(ctx: object, given: unknown): void {
  Object.assign(ctx, { [timeZone]: given })
}

/** The language of a page, and the habits of the person who reads it. */
export interface PageLanguage {
  /** One of the languages there are: the words are in it. */
  readonly language: string
  /** The region in the tag that asked for this language: dates, lists and numbers follow its habits. */
  readonly region: string | undefined
}

/**
 * Creates the function that chooses the language of the page that answers a request.
 *
 * @param languages - the languages there are, the default first
 */
export function createLanguageFinder(
  languages: readonly string[],
): (ctx: PageContext) => PageLanguage {
  const remember = createMemory<PageLanguage>()
  return (ctx) => {
    // From the interaction; else from the request that the framework read, which may have been pushed; else from the query.
    const wanted = ctx[uiLocales] ?? ctx.oidc?.params?.['ui_locales'] ?? ctx.query['ui_locales']
    const key = JSON.stringify([wanted, ctx.get('Accept-Language')])
    return remember(key, () => chooseLanguage(languages, wanted, ctx))
  }
}

/** Names the language of the words in the headers (RFC 9110, Sections 8.5 and 12.5.5). */
export function setPageLanguage(ctx: PageContext, language: string): void {
  ctx.set('Content-Language', language)
  ctx.vary('Accept-Language')
}

/** Languages that are asked for under names of which we have no texts, and those that their people read. */
const aliases: ReadonlyMap<string, string> = new Map([
  ['no', 'nb'],
  ['nn', 'nb'],
])

/** The longest language tag that is looked at. No person sets a longer one (RFC 5646, Section 4.4.1). */
const longestTag = 35

/** The longest header, and the longest `ui_locales`, that are looked at: matching takes time for each entry. */
const longestHeader = 1000
const longestUiLocales = 10_000

/**
 * The language to answer in: the first of `ui_locales` that there is, with or without its region, or else of those that the browser
 * prefers, or else the first of the languages there are. If `ui_locales` names no region, that of the browser counts. Takes whatever
 * is sent, and never throws.
 *
 * @param languages - the languages there are, the default first
 * @param wanted - language tags, separated by spaces (OpenID Connect Core, Section 3.1.2.1). People also write them like a locale
 * of their system (`da_DK.UTF-8`), or like the header `Accept-Language` (`da,en;q=0.8`).
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110.html#section-12.5.4 RFC 9110, Section 12.5.4}
 */
export function chooseLanguage(
  languages: readonly string[],
  wanted: unknown,
  ctx: Pick<Context, 'acceptsLanguages' | 'get'>,
): PageLanguage {
  const [usual = ''] = languages
  const known = new Map([
    ...[...aliases].filter(([, language]) => languages.includes(language)),
    ...languages.map((language) => [language.toLowerCase(), language] as const),
  ])
  const found = [...toWanted(wanted), ...toAccepted(ctx, usual)].flatMap((tag) => {
    const language = tag.length > longestTag ? undefined : findLanguage(tag, known)
    return language === undefined ? [] : [{ language, region: regionOf(tag) }]
  })
  const language = found[0]?.language ?? usual
  const same = found.filter((one) => one.language === language)
  return { language, region: same.find(({ region }) => region !== undefined)?.region }
}

const toWanted = (wanted: unknown): readonly string[] =>
  typeof wanted === 'string' && wanted.length <= longestUiLocales ? wanted.split(/[\s,;]+/) : []

/** @param usual - the language of a browser that takes any */
const toAccepted = (
  ctx: Pick<Context, 'acceptsLanguages' | 'get'>,
  usual: string,
): readonly string[] =>
  ctx.get('Accept-Language').length > longestHeader
    ? []
    : ctx.acceptsLanguages().map((tag) => (tag === '*' ? usual : tag))

/** From the whole tag to the language alone (RFC 4647, Section 3.4). */
function findLanguage(tag: string, known: ReadonlyMap<string, string>): string | undefined {
  const subtags = tag.toLowerCase().split(/[-_.@]/)
  return subtags
    .map((_, index) => known.get(subtags.slice(0, subtags.length - index).join('-')))
    .find((language) => language !== undefined)
}

/** The region of a tag. Behind a single letter, the same two letters mean something else (RFC 5646, Section 2.2). */
const regionOf = (tag: string): string | undefined =>
  /^[a-z]{2,3}(?:[-_][a-z]{4})?[-_]([a-z]{2}|\d{3})(?![a-z\d])/i.exec(tag)?.[1]?.toUpperCase()

/** Creates the function that finds the time zone of a person. If the host gave a wrong one, it warns and returns undefined. */
export function createTimeZoneFinder(): (ctx: PageContext) => string | undefined {
  const warn = createWarner('EmbeddingWarning', 'unknown_time_zone')
  return ({ [timeZone]: given }) => {
    if (isTimeZone(given)) return given
    // A database may say null.
    if (given !== undefined && given !== null) {
      const shown = typeof given === 'string' ? toShown(given) : `something of type ${typeof given}`
      warn(
        `accounts.find gave ${shown} as timeZone, which is not the name of a time zone: ` +
          'give an IANA name such as Europe/Copenhagen, or leave it out',
      )
    }
    return undefined
  }
}

/** Whether it is the name of a time zone (IANA), such as `Europe/Copenhagen`. */
export const isTimeZone = (name: unknown): name is string =>
  // Intl also takes offsets, such as +01:00. They know nothing of summer time.
  typeof name === 'string' && /^[a-z]/i.test(name) && ofZones(name, () => isKnownToIntl(name))

// To ask Intl takes half as long as to draw a page.
const ofZones = createMemory<boolean>()

function isKnownToIntl(name: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone)
  } catch {
    return false
  }
}
