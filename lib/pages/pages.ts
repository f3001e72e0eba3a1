import type { ViewsOptions } from './views-options.ts'
import {
  createLanguageFinder,
  createTimeZoneFinder,
  setPageLanguage,
  type PageContext,
} from './reader.ts'
import { loadCatalogues } from './texts/catalogues.ts'
import { createTranslators, type Translator } from './texts/translator.ts'
import { loadAssets, type Asset, type Assets } from './assets.ts'
import { findViewFile } from './files.ts'
import type { CommonData } from './common-data.ts'
import type { Page, PageData } from './page-data.ts'
import { createTemplates } from './templates.ts'
import { defaultProductName } from './theme.ts'
import { toBackgrounds } from './theme-colors.ts'

/** Draws pages. */
export interface Views {
  /** The languages there are pages in, the default first. */
  readonly languages: readonly string[]
  /** Draws pages for this request, with dates as the person writes them, in the person's time zone. Names the language in the headers. */
  page(ctx: PageContext): LocalizedPage
  /** The language of the pages that belong to this request, for a request that is not answered with one. */
  languageOf(ctx: PageContext): string
  /** Draws pages in a language. */
  of(language: string): LocalizedPage
  /** The files that pages load. */
  readonly assets: Assets
}

/** Draws a page in the language of one request, and has the texts of that language. */
export interface LocalizedPage extends Translator {
  /** The page as HTML. */
  render<Name extends Page>(page: Name, data: PageData[Name]): string
}

/** Another source of templates, for the check of them. */
interface ViewsSettings {
  /** Returns the source of a template; undefined if no template has that name. */
  readonly load?: (name: string) => string | undefined
  /** Gets the environment of the template library before the first page is drawn. */
  readonly prepare?: Parameters<typeof createTemplates>[1]
}

/**
 * Draws pages from the bundled templates and texts, and from those that replace them.
 *
 * @param baseUrl - the issuer: the files that pages load are below it
 */
export function createViews(
  options: ViewsOptions,
  baseUrl: string,
  {
    load = (name) => findViewFile(options.directories ?? [], name)?.content,
    prepare,
  }: ViewsSettings = {},
): Views {
  const { locales = [], theme = {}, locals = {}, timeZone } = options
  const product = theme.productName ?? defaultProductName
  const templates = createTemplates(load, prepare)
  const assets = loadAssets(options)
  const translators = createTranslators(loadCatalogues(locales), product, timeZone)
  const { languages } = translators
  const toUrl = ({ path, version }: Asset): string =>
    `${new URL(baseUrl + path).pathname}?v=${version}`
  const shared = {
    stylesheet: toUrl(assets.stylesheet),
    script: toUrl(assets.script),
    logo: assets.logo ? toUrl(assets.logo) : null,
    favicon: toUrl(assets.icon),
    themeColor: toBackgrounds(theme.colors),
    product,
    locals,
  }
  const toPage = (translator: Translator): LocalizedPage => ({
    ...translator,
    render: (page, data) => {
      const common: CommonData = { ...shared, ...toWords(translator) }
      return templates.render(`${page}.njk`, { ...common, ...data })
    },
  })
  const languageOf = createLanguageFinder(languages)
  const timeZoneOf = createTimeZoneFinder()
  return {
    languages,
    page: (ctx) => {
      const { language, region } = languageOf(ctx)
      setPageLanguage(ctx, language)
      return toPage(translators.of(language, { region, timeZone: timeZoneOf(ctx) }))
    },
    languageOf: (ctx) => languageOf(ctx).language,
    of: (language) => toPage(translators.of(language)),
    assets,
  }
}

/** The words and formats that every template has. */
const toWords = ({ language, direction, text, formats }: Translator): LocalizedData => ({
  lang: language,
  dir: direction,
  t: text,
  formatDate: formats.date,
  formatList: formats.list,
  formatAny: formats.any,
})

type LocalizedData = Pick<
  CommonData,
  'lang' | 'dir' | 't' | 'formatDate' | 'formatList' | 'formatAny'
>
