import type { FindTemplateMistakes } from '../pages/views-options.ts'
import { defaultLanguage, loadCatalogues, toPluralPath } from '../pages/texts/catalogues.ts'
import { createViews } from '../pages/pages.ts'
import { checkPage } from './check/drawing.ts'
import { createFindings, type Findings } from './check/findings.ts'
import { textFunction, walkPage, type WalkSettings } from './check/page-walk.ts'
import { anything, toShape, uniteAll, type Shape } from './check/shape.ts'
import { findSourceProblems } from './check/source.ts'
import { markElements } from './check/tags.ts'
import { createTemplateLibrary, type Template } from './check/template.ts'
import { reportUnusedBlocks, reportUnusedFiles } from './check/unused.ts'
import type { CommonData, Page } from '../pages/page-data.ts'
import { createSamples, type Samples } from './samples.ts'
import { listBuiltins } from '../pages/templates.ts'

/** Mistakes with which a page cannot be drawn at all. */
const fatal: ReadonlySet<string> = new Set([
  'dynamic_template',
  'template_circle',
  'template_syntax',
  'unknown_template',
])

/**
 * Everything that is wrong with the templates of a host. They are read, and every page that they are part of is drawn
 * in each of its states.
 */
export const findTemplateMistakes: FindTemplateMistakes = (options) => {
  const { directories = [], locales = [], locals = {} } = options
  const findings = createFindings()
  const library = createTemplateLibrary(directories)
  const load = (name: string): string | undefined => {
    const template = library.find(name)
    return template && markElements(template.source, name)
  }
  const english = createViews(options, 'https://auth.example.test', { load }).of(defaultLanguage)
  const samples = createSamples(english)
  const settings: WalkSettings = {
    library,
    builtins: listBuiltins(),
    textPaths: toTextPaths([...(loadCatalogues(locales).get(defaultLanguage)?.keys() ?? [])]),
    findings,
    drawnBlocks: new Set(),
  }

  const reached = new Set<Template>()
  for (const page of Object.keys(samples) as readonly Page[]) {
    const templates = walkPage(page, toVariables(samples, page, locals), settings)
    for (const template of templates) reached.add(template)
    reportSources(templates, page, settings)
    const isHosts = templates.some(({ directory }) => directory !== undefined)
    if (!isHosts || isSpoilt(findings, page)) continue
    const states = Object.values(samples[page])
    checkPage(page, states, templates, { english, findings })
  }
  if (!findings.list().some(({ code }) => fatal.has(code))) {
    reportUnusedFiles(directories, reached, findings)
    reportUnusedBlocks(reached, settings.drawnBlocks, findings)
  }
  return findings.list()
}

const isSpoilt = (findings: Findings, page: Page): boolean =>
  findings.list().some(({ code, pages }) => fatal.has(code) && pages.includes(page))

function reportSources(
  templates: readonly Template[],
  page: Page,
  { builtins, findings }: WalkSettings,
): void {
  for (const template of templates) {
    const { name: file, directory } = template
    if (directory === undefined) continue
    for (const problem of findSourceProblems(template, builtins)) {
      findings.add({ ...problem, directory, file }, page)
    }
  }
}

/** A text that has a form for each plural category is asked for without the category. */
const toTextPaths = (paths: readonly string[]): readonly string[] => [
  ...new Set(paths.flatMap((path) => [path, toPluralPath(path) ?? path])),
]

/** What the templates of a page have, as its samples and the locals of the host show it. */
function toVariables(
  samples: Samples,
  page: Page,
  locals: Readonly<Record<string, unknown>>,
): ReadonlyMap<string, Shape> {
  const word: Shape = { kind: 'value', sample: '' }
  const common: Readonly<Record<keyof CommonData, Shape>> = {
    lang: word,
    dir: word,
    t: textFunction,
    formatDate: anything,
    formatDays: anything,
    formatList: anything,
    stylesheet: word,
    script: word,
    product: word,
    logo: word,
    locals: toShape(locals),
  }
  const own = uniteAll(Object.values(samples[page]).map(toShape))
  return new Map([
    ...Object.entries(common),
    ...(own.kind === 'object' ? own.members : new Map<string, Shape>()),
  ])
}
