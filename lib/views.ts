import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import nunjucks from 'nunjucks'
import type { ViewsOptions } from './config/options.ts'
import { setPageLanguage, type PageContext } from './http/page-language.ts'
import { loadCatalogues } from './locales/catalogues.ts'
import { createTranslators, type Translator } from './locales/translator.ts'
import type { Page, PageData } from './views/page-data.ts'

/** Draws pages. */
export interface Views {
  /** The languages there are pages in, the default first. */
  readonly languages: readonly string[]
  /** What a page for this request is drawn with; sets the headers that tell its language. */
  page(ctx: PageContext): LocalizedPage
  /** The page as HTML. */
  render<Name extends Page>(page: Name, data: PageData[Name], language: string): string
  readonly stylesheet: { readonly content: string; readonly version: string }
}

/** Draws a page in the language of one request, and has the texts of that language. */
export interface LocalizedPage extends Translator {
  /** The page as HTML. */
  render<Name extends Page>(page: Name, data: PageData[Name]): string
}

/** Draws pages from the bundled templates and texts, and from those that replace them. */
export function createViews(
  { directories = [], locales = [] }: ViewsOptions,
  stylesheetUrl: string,
): Views {
  const bundled = fileURLToPath(new URL('.', import.meta.resolve('#views/layout.njk')))
  const environment = new nunjucks.Environment(
    new nunjucks.FileSystemLoader([...directories, bundled]),
    { autoescape: true, throwOnUndefined: true },
  )
  const content = readFileSync(new URL(import.meta.resolve('#views/styles.css')), 'utf8')
  const version = createHash('sha256').update(content).digest('base64url').slice(0, 12)
  const stylesheet = `${stylesheetUrl}?v=${version}`
  const translators = createTranslators(loadCatalogues(locales), 'Pleo')
  const { languages } = translators

  const render: Views['render'] = (page, data, language) => {
    const words = toTemplateWords(translators.of(language))
    return environment.render(`${page}.njk`, { stylesheet, ...words, ...data })
  }
  return {
    languages,
    page: (ctx) => {
      const language = setPageLanguage(ctx, languages)
      return {
        ...translators.of(language),
        render: (page, data) => render(page, data, language),
      }
    },
    render,
    stylesheet: { content, version },
  }
}

/** What templates write words with. */
const toTemplateWords = ({ language, direction, text, formats }: Translator): object => ({
  lang: language,
  dir: direction,
  t: text,
  formatDate: formats.date,
  formatDays: formats.days,
  formatList: formats.list,
})
