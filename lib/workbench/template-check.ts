import type { Page, PageData } from '../pages/page-data.ts'
import { createViews } from '../pages/pages.ts'
import { listBuiltins, type Builtins } from '../pages/templates.ts'
import { defaultLanguage, loadCatalogues, toPluralPath } from '../pages/texts/catalogues.ts'
import type { FindTemplateMistakes } from '../pages/views-options.ts'
import { checkPage } from './check/drawing.ts'
import { createFindings, type Findings } from './check/findings.ts'
import { followLinks, reportUnusedBlocks, reportUnusedFiles } from './check/links.ts'
import { markElements } from './check/tags.ts'
import { createTemplateLibrary, findSourceProblems, type Template } from './check/template.ts'
import { Tracer } from './check/tracer.ts'
import { createSamples } from './samples.ts'

/** Mistakes with which a page cannot be drawn at all. */
const fatal: ReadonlySet<string> = new Set([
  'dynamic_template',
  'template_circle',
  'template_syntax',
  'unknown_template',
])

/** Reads the templates of a host, and draws every page that they are part of in each of its states. */
export const findTemplateMistakes: FindTemplateMistakes = (options) => {
  const { directories = [], locales = [] } = options
  const findings = createFindings()
  const library = createTemplateLibrary(directories)
  const tracer = new Tracer()
  const load = (name: string): string | undefined => {
    const template = library.find(name)
    if (!template) return undefined
    return tracer.mark(markElements(template.source, name), name, template.directory !== undefined)
  }
  const { prepare } = tracer
  const views = createViews(options, 'https://auth.example.test', { load, prepare })
  const english = views.of(defaultLanguage)
  const samples = createSamples(english)
  const builtins = listBuiltins()
  const textPaths = toTextPaths([...(loadCatalogues(locales).get(defaultLanguage)?.keys() ?? [])])

  const reached = new Set<Template>()
  const drawnBlocks = new Set<string>()
  const check = <Name extends Page>(
    page: Name,
    states: Readonly<Record<string, PageData[Name]>>,
  ): void => {
    const templates = followLinks(page, { library, textPaths, findings })
    for (const template of templates) reached.add(template)
    reportSources(templates, page, builtins, findings)
    const isHosts = templates.some(({ directory }) => directory !== undefined)
    if (!isHosts || hasFatal(findings, page)) return
    const blocks = checkPage(page, Object.values(states), templates, { english, tracer, findings })
    for (const { name } of templates)
      for (const block of blocks) drawnBlocks.add(`${name} ${block}`)
  }
  for (const page of Object.keys(samples) as readonly Page[]) check(page, samples[page])
  if (!hasFatal(findings)) {
    reportUnusedFiles(directories, reached, findings)
    // After a failure, nobody knows which blocks would be drawn.
    const hasFailed = findings.list().some(({ code }) => code === 'render_failed')
    if (!hasFailed) reportUnusedBlocks(reached, drawnBlocks, findings)
  }
  return findings.list()
}

const hasFatal = (findings: Findings, page?: Page): boolean =>
  findings
    .list()
    .some(({ code, pages }) => fatal.has(code) && (page === undefined || pages.includes(page)))

function reportSources(
  templates: readonly Template[],
  page: Page,
  builtins: Builtins,
  findings: Findings,
): void {
  for (const template of templates) {
    const { name: file, directory } = template
    if (directory === undefined) continue
    for (const problem of findSourceProblems(template, builtins)) {
      findings.add({ ...problem, directory, file }, page)
    }
  }
}

/** A template asks for a text that has a form for each plural category without the category. */
const toTextPaths = (paths: readonly string[]): readonly string[] => [
  ...new Set(paths.flatMap((path) => [path, toPluralPath(path) ?? path])),
]
