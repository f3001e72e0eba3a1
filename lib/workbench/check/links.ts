import { listViewFiles } from '../../pages/files.ts'
import type { Page } from '../../pages/page-data.ts'
import type { TemplateNode } from '../../pages/templates.ts'
import { toHint } from '../../validation/did-you-mean.ts'
import type { Findings } from './findings.ts'
import { findNodes, lineOf, literalOf, nodeIn, nodesIn, textIn } from './nodes.ts'
import {
  isTemplate,
  listBundledTemplates,
  type Template,
  type TemplateLibrary,
} from './template.ts'

/** The templates and texts that names are checked against. */
export interface LinkSettings {
  readonly library: TemplateLibrary
  readonly textPaths: readonly string[]
  readonly findings: Findings
}

/**
 * Goes through the templates of a page, and reports each name of a template, of an import and of a text that does not exist.
 *
 * @returns the templates that the page is made of, its own first
 */
export function followLinks(
  page: Page,
  { library, textPaths, findings }: LinkSettings,
): readonly Template[] {
  const reached = new Set<Template>()
  const visit = (template: Template, path: readonly Template[]): void => {
    if (reached.has(template)) return
    reached.add(template)
    const { root, name: file, directory } = template
    if (!root) return
    const report: Report = (node, code, message) => {
      // Ours are checked by themselves.
      if (directory === undefined) return
      findings.add({ code, directory, file, line: lineOf(node), message }, page)
    }
    checkTexts(root, textPaths, report)
    const within = [...path, template]
    for (const node of findNodes(root, 'Extends', 'Include', 'Import', 'FromImport')) {
      const other = findLinked(node, within, library, report)
      if (!other) continue
      if (node.typename === 'FromImport') checkImports(node, other, report)
      visit(other, within)
    }
  }
  const start = library.find(`${page}.njk`)
  if (start) visit(start, [])
  return [...reached]
}

type Report = (node: TemplateNode, code: string, message: string) => void

function findLinked(
  node: TemplateNode,
  within: readonly Template[],
  library: TemplateLibrary,
  report: Report,
): Template | undefined {
  const name = literalOf(nodeIn(node, 'template'))
  if (name === undefined) {
    report(node, 'dynamic_template', 'must name the other template in quotes, to be checked')
    return undefined
  }
  const found = library.find(name)
  if (found && within.includes(found)) {
    report(node, 'template_circle', `leads back to ${name} in a circle (ours is "pleo/${name}")`)
    return undefined
  }
  const mayBeMissing = 'ignoreMissing' in node && node.ignoreMissing === true
  if (!found && !mayBeMissing) {
    const hint = toHint(name, library.names)
    report(node, 'unknown_template', `names the template ${name}, which does not exist${hint}`)
  }
  return found
}

function checkImports(node: TemplateNode, { root }: Template, report: Report): void {
  if (!root) return
  const exported = [
    ...findNodes(root, 'Macro').map((macro) => nodeIn(macro, 'name')),
    ...findNodes(root, 'Set').flatMap((set) => nodesIn(set, 'targets')),
    ...findNodes(root, 'Import').map((other) => nodeIn(other, 'target')),
    ...findNodes(root, 'FromImport').flatMap((other) => nodesIn(other, 'names')),
  ].map((one) => textIn(one && (nodeIn(one, 'value') ?? one)) ?? '')
  for (const part of nodesIn(node, 'names')) {
    const name = textIn(nodeIn(part, 'key') ?? part) ?? ''
    if (exported.includes(name)) continue
    const hint = toHint(name, exported)
    report(part, 'unknown_import', `imports ${name}, which that template does not have${hint}`)
  }
}

/** A path that is written out must be one of a text, and the beginning of a path must begin one. */
function checkTexts(root: TemplateNode, textPaths: readonly string[], report: Report): void {
  for (const call of findNodes(root, 'FunCall')) {
    const [path] = nodesIn(call, 'args')
    if (textIn(nodeIn(call, 'name')) !== 't' || !path) continue
    const whole = literalOf(path)
    const isJoined = ['Concat', 'Add'].includes(path.typename)
    const beginning = isJoined ? literalOf(nodeIn(path, 'left')) : undefined
    if (whole !== undefined && !textPaths.includes(whole)) {
      const hint = toHint(whole, textPaths)
      report(path, 'unknown_text', `names the text ${whole}, which does not exist${hint}`)
    }
    if (beginning !== undefined && !textPaths.some((known) => known.startsWith(beginning))) {
      const message = `names texts that begin with ${beginning}, which do not exist`
      report(path, 'unknown_text', message)
    }
  }
}

const assets = ['styles.css', 'script.js']

/** Reports the files of a host that no page uses. Pictures and the like may lie beside them. */
export function reportUnusedFiles(
  directories: readonly string[],
  reached: ReadonlySet<Template>,
  findings: Findings,
): void {
  const used = new Set([...[...reached].map(({ name }) => name), ...assets])
  const known = [...listBundledTemplates(), ...assets]
  for (const [directory, folder] of directories.entries()) {
    for (const file of listViewFiles(folder)) {
      if (used.has(file) || !(isTemplate(file) || /\.(?:css|js|html)$/.test(file))) continue
      const stem = file.replace(/\.\w+$/, '')
      const sameStem = known.find((name) => name.startsWith(`${stem}.`))
      const message = `is used by no page${toHint(file, known, sameStem)}`
      findings.add({ code: 'unused_template', directory, file, line: 1, message })
    }
  }
}

/**
 * Reports the blocks that no page draws.
 *
 * @param drawn - `login.njk title`: the names of the templates of each page, with the names of its blocks
 */
export function reportUnusedBlocks(
  reached: ReadonlySet<Template>,
  drawn: ReadonlySet<string>,
  findings: Findings,
): void {
  for (const { name: file, directory, root } of reached) {
    if (directory === undefined || !root) continue
    const known = [...drawn]
      .filter((one) => one.startsWith(`${file} `))
      .map((one) => one.slice(file.length + 1))
    for (const node of findNodes(root, 'Block')) {
      const name = textIn(nodeIn(node, 'name')) ?? ''
      if (known.includes(name)) continue
      const message = `has the block ${name}, which is drawn nowhere${toHint(name, known)}`
      findings.add({ code: 'unknown_block', directory, file, line: lineOf(node), message })
    }
  }
}
