import { schemes, toLookQuery, type Look } from './look.ts'

/** A text as HTML. */
const escape = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`)

/** Where the script that reloads a page is served, and where it listens. */
export const reloadPath = '/preview/reload.js'
export const eventsPath = '/preview/events'
export const stylesPath = '/preview/styles.css'

/** What makes a page load again when something is saved. */
export const reloadScript: string = `new EventSource('${eventsPath}').addEventListener('reload', () => location.reload())\n`

export const previewStyles = `:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }
form { display: flex; flex-wrap: wrap; gap: 1rem; align-items: end; }
select, button { font: inherit; padding: 0.25rem 0.5rem; }
form div { display: grid; gap: 0.25rem; font-size: 0.875rem; }
main { columns: 18rem; }
section { break-inside: avoid; }
h2 { font-size: 1rem; margin-bottom: 0.25rem; }
ul { margin: 0; padding-inline-start: 1.25rem; }
.problems li { font-family: ui-monospace, monospace; margin-bottom: 0.5rem; overflow-wrap: anywhere; }
`

/** A page of the preview itself, which loads again when something is saved. */
const toDocument = (title: string, body: string): string => `<!doctype html>
<html lang="en" dir="ltr">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${escape(title)}</title>
    <link rel="stylesheet" href="${stylesPath}">
    <script type="module" src="${reloadPath}"></script>
  </head>
  <body>
    ${body}
  </body>
</html>
`

/** A page of the host, which loads again when something is saved. */
export function withReload(page: string): string {
  const script = `<script type="module" src="${reloadPath}"></script>`
  const end = page.lastIndexOf('</body>')
  return end === -1 ? page + script : page.slice(0, end) + script + page.slice(end)
}

/** Where a page is shown in one of its states. */
const toPageUrl = (page: string, state: string, look: Look): string =>
  `/pages/${page}/${encodeURIComponent(state)}?${toLookQuery(look)}`

/** What the index lists. */
export interface IndexContent {
  readonly look: Look
  readonly languages: readonly string[]
  readonly hasTheme: boolean
  /** The names of the states of each page. */
  readonly states: readonly (readonly [page: string, states: readonly string[]])[]
  readonly problems: readonly string[]
}

/** Every page in every state. */
export function toIndex({ look, languages, hasTheme, states, problems }: IndexContent): string {
  const names = new Intl.DisplayNames('en', { type: 'language' })
  const tags = languages.map((tag) => [tag, names.of(tag) ?? tag] as const)
  const sections = states.map(([page, ofPage]) => {
    const items = ofPage.map(
      (state) => `<li><a href="${escape(toPageUrl(page, state, look))}">${escape(state)}</a></li>`,
    )
    return `<section><h2>${escape(page)}</h2><ul>${items.join('\n')}</ul></section>`
  })
  return toDocument(
    'Preview',
    `<h1>Preview</h1>
    <form>
      ${toSelect('lang', 'Language', look.language, tags)}
      ${toSelect('dir', 'Direction', look.direction ?? '', directions)}
      ${toSelect(
        'scheme',
        'Colours',
        look.scheme,
        schemes.map((name) => [name, name]),
      )}
      ${hasTheme ? toSelect('theme', 'Theme', look.isThemed ? '' : 'none', themes) : ''}
      <button>Apply</button>
    </form>
    ${toProblemList(problems)}
    <main>${sections.join('\n')}</main>
    <p>The pages show samples: their links and buttons lead nowhere.</p>`,
  )
}

const directions = [
  ['', "the language's"],
  ['ltr', 'left to right'],
  ['rtl', 'right to left'],
] as const

const themes = [
  ['', 'yours'],
  ['none', 'ours'],
] as const

function toSelect(
  name: string,
  label: string,
  chosen: string,
  options: readonly (readonly [value: string, words: string])[],
): string {
  const items = options.map(([value, words]) => {
    const selected = value === chosen ? ' selected' : ''
    return `<option value="${escape(value)}"${selected}>${escape(words)}</option>`
  })
  return `<div><label for="${name}">${escape(label)}</label><select id="${name}" name="${name}">${items.join('')}</select></div>`
}

const toProblemList = (problems: readonly string[]): string =>
  problems.length === 0
    ? ''
    : `<ul class="problems">${problems.map((line) => `<li>${escape(line)}</li>`).join('\n')}</ul>`

/** What is wrong, in place of the page that it spoils. */
export const toProblemPage = (problems: readonly string[]): string =>
  toDocument(
    'Not right yet',
    `<h1>Not right yet</h1>
    <p>The server would not start. This page shows the template again as soon as it is right.</p>
    ${toProblemList(problems)}
    <p><a href="/">All pages</a></p>`,
  )
