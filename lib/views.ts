import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import nunjucks from 'nunjucks'

/** The pages there are. */
export type Page = 'login' | 'consent' | 'cannot-connect' | 'error'

/** Draws pages. */
export interface Views {
  /** The page as HTML. */
  render(page: Page, data: object): string
  readonly stylesheet: { readonly content: string; readonly version: string }
}

/** Draws pages from the bundled templates and from those that replace them. */
export function createViews(directories: readonly string[], stylesheetUrl: string): Views {
  const bundled = fileURLToPath(new URL('.', import.meta.resolve('#views/layout.njk')))
  const environment = new nunjucks.Environment(
    new nunjucks.FileSystemLoader([...directories, bundled]),
    { autoescape: true, throwOnUndefined: true },
  )
  const content = readFileSync(new URL(import.meta.resolve('#views/styles.css')), 'utf8')
  const version = createHash('sha256').update(content).digest('base64url').slice(0, 12)
  const shared = { stylesheet: `${stylesheetUrl}?v=${version}`, lang: 'en', dir: 'ltr' }
  return {
    render: (page, data) => environment.render(`${page}.njk`, { ...shared, ...data }),
    stylesheet: { content, version },
  }
}
