import type { Page } from '../../pages/page-data.ts'
import type { TemplateNode, Builtins } from '../../pages/templates.ts'
import type { Findings } from './findings.ts'
import { lineOf } from './nodes.ts'
import type { PageWalk } from './place.ts'
import { anything, toScope, type Shape } from './shape.ts'
import { walk, walkTemplate } from './statements.ts'
import type { Template, TemplateLibrary } from './template.ts'

/** What is the same for every page. */
export interface WalkSettings {
  readonly library: TemplateLibrary
  readonly builtins: Builtins
  readonly textPaths: readonly string[]
  readonly findings: Findings
  readonly drawnBlocks: Set<TemplateNode>
}

/** What can be put into a page that its templates name. */
export const textFunction: Shape = { kind: 'any' }

/**
 * Goes through the templates of a page as drawing it does, and reports what they name that does not exist.
 *
 * @param variables - what the page has
 * @returns the templates that the page is made of, in the order they are drawn in
 */
export function walkPage(
  page: Page,
  variables: ReadonlyMap<string, Shape>,
  { library, builtins, textPaths, findings, drawnBlocks }: WalkSettings,
): readonly Template[] {
  const reached = new Set<Template>()
  const find = (name: string): Template | undefined => {
    const template = library.find(name)
    if (template) reached.add(template)
    return template
  }
  const builtIns = toScope(
    undefined,
    builtins.globals.map((name) => [name, anything]),
  )
  const pageScope = toScope(builtIns, variables)
  const context = toScope(pageScope)
  const settings: PageWalk = {
    find,
    templateNames: library.names,
    textPaths,
    textFunction,
    builtIns,
    pageScope,
    drawnBlocks,
    walk,
    report: ({ name, directory }, node, code, message) => {
      // Ours are checked by themselves.
      if (directory === undefined) return
      findings.add({ code, directory, file: name, line: lineOf(node), message }, page)
    },
  }
  const start = find(`${page}.njk`)
  if (start) {
    const at = { page: settings, template: start, scope: context, context }
    walkTemplate(start, { ...at, blocks: new Map(), within: [] })
  }
  return [...reached]
}
