import { schemes, toLookQuery, type Look } from './look.ts'

/** Escapes a text for HTML. */
const escape = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`)

/**
 * The paths of the script that reloads a page, of the events that it listens to, of the script that applies a choice, and of the
 * styles of the preview.
 */
export const reloadPath = '/preview/reload.js'
export const choosePath = '/preview/choose.js'
export const eventsPath = '/preview/events'
export const stylesPath = '/preview/styles.css'

/** A page of the preview itself. */
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

/** Adds the script that reloads a page to a page of the host. */
export function withReload(page: string): string {
  const script = `<script type="module" src="${reloadPath}"></script>`
  const end = page.lastIndexOf('</body>')
  return end === -1 ? page + script : page.slice(0, end) + script + page.slice(end)
}

const toPageUrl = (page: string, state: string, look: Look): string =>
  `/pages/${page}/${encodeURIComponent(state)}?${toLookQuery(look)}`

/** The content of the index. */
export interface IndexContent {
  readonly look: Look
  readonly languages: readonly string[]
  readonly hasTheme: boolean
  /** The names of the states of each page. */
  readonly states: readonly (readonly [page: string, states: readonly string[]])[]
  readonly problems: readonly string[]
}

/** The index, which links to every page in every state. */
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
      ${toSelect('scheme', 'Colours', look.scheme, schemeChoices)}
      ${hasTheme ? toSelect('theme', 'Theme', look.isThemed ? '' : 'none', themes) : ''}
      <noscript><button>Apply</button></noscript>
    </form>
    <script type="module" src="${choosePath}"></script>
    ${toProblemList(problems)}
    <main>${sections.join('\n')}</main>
    <p>The pages show samples: their links and buttons lead nowhere.</p>`,
  )
}

const schemeChoices = schemes.map((name) => [name, name] as const)

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

/** The mistakes in a template, in place of its page. */
export const toProblemPage = (problems: readonly string[]): string =>
  toDocument(
    'Not right yet',
    `<h1>Not right yet</h1>
    <p>The server would not start. This page shows the template again as soon as it is right.</p>
    ${toProblemList(problems)}
    <p><a href="/">All pages</a></p>`,
  )
