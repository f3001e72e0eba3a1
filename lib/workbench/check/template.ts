import { bundledViews, findViewFile, listViewFiles } from '../../pages/files.ts'
import {
  parseTemplate,
  TemplateFailure,
  type Builtins,
  type TemplateNode,
} from '../../pages/templates.ts'
import { toHint } from '../../validation/did-you-mean.ts'
import { findNodes, lineOf, nodeIn, textIn } from './nodes.ts'
import { blankTemplateParts, findTagProblems, listTags, type TagProblem } from './tags.ts'

/** A template that a page is made of. */
export interface Template {
  /** The name that others use: `pleo/consent.njk` is another template than `consent.njk`. */
  readonly name: string
  /** The index of the host's folder that it is in; undefined if it is ours. */
  readonly directory: number | undefined
  readonly source: string
  /** Undefined if it cannot be read. */
  readonly root: TemplateNode | undefined
  /** Why it cannot be read. */
  readonly failure: TemplateFailure | undefined
}

/** The templates that pages can be made of. */
export interface TemplateLibrary {
  /** Returns undefined if no template has that name. */
  find(name: string): Template | undefined
  /** The names that a template can be asked for by. */
  readonly names: readonly string[]
}

/** Whether a file is a template. */
export const isTemplate = (name: string): boolean => name.endsWith('.njk')

/** The names of our own templates. */
export const listBundledTemplates = (): readonly string[] =>
  listViewFiles(bundledViews).filter(isTemplate)

/** Reads each template once. */
export function createTemplateLibrary(directories: readonly string[]): TemplateLibrary {
  const templates = new Map<string, Template | undefined>()
  const bundled = listBundledTemplates()
  return {
    find: (name) => {
      if (!templates.has(name)) templates.set(name, readTemplate(directories, name))
      return templates.get(name)
    },
    names: [
      ...directories.flatMap(listViewFiles).filter(isTemplate),
      ...bundled,
      ...bundled.map((name) => `pleo/${name}`),
    ],
  }
}

function readTemplate(directories: readonly string[], name: string): Template | undefined {
  const file = findViewFile(directories, name)
  if (!file) return undefined
  const { directory, content: source } = file
  try {
    return { name, directory, source, root: parseTemplate(name, source), failure: undefined }
  } catch (error) {
    if (!(error instanceof TemplateFailure)) throw error
    return { name, directory, source, root: undefined, failure: error }
  }
}

/** The mistakes of a template that do not depend on a page. */
export function findSourceProblems(
  { source, root, failure }: Template,
  builtins: Builtins,
): readonly TagProblem[] {
  if (failure) {
    const message = `cannot be read: ${failure.problem}`
    return [{ code: 'template_syntax', line: failure.line, message }]
  }
  if (!root) return []
  return [
    ...findNodes(root, 'Filter').flatMap((node) => {
      const name = textIn(nodeIn(node, 'name'))
      return name === 'safe'
        ? toUnsafe(node)
        : toUnknown('unknown_filter', name, node, builtins.filters)
    }),
    ...findNodes(root, 'Is').flatMap((node) => {
      const right = nodeIn(node, 'right')
      if (right?.typename === 'Literal') return []
      const name = textIn(right) ?? textIn(right && nodeIn(right, 'name'))
      return toUnknown('unknown_test', name, node, builtins.tests)
    }),
    ...listTags(blankTemplateParts(source)).flatMap(findTagProblems),
  ]
}

function toUnsafe(node: TemplateNode): TagProblem {
  const message = 'writes something with "| safe", as HTML that nobody has checked'
  return { code: 'unsafe_output', line: lineOf(node), message }
}

function toUnknown(
  code: 'unknown_filter' | 'unknown_test',
  name = '',
  node: TemplateNode,
  known: readonly string[],
): readonly TagProblem[] {
  if (known.includes(name)) return []
  const kind = code === 'unknown_filter' ? 'filter' : 'test'
  const message = `names the ${kind} ${name}, which does not exist${toHint(name, known)}`
  return [{ code, line: lineOf(node), message }]
}
