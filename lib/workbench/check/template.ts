import { bundledViews, findViewFile, listViewFiles } from '../../pages/files.ts'
import { parseTemplate, TemplateFailure, type TemplateNode } from '../../pages/templates.ts'

/** A template that a page is made of. */
export interface Template {
  /** As it was asked for: `pleo/consent.njk` is another one than `consent.njk`. */
  readonly name: string
  /** Which of the host's folders it is in; undefined where it is ours. */
  readonly directory: number | undefined
  readonly source: string
  /** Undefined where it cannot be read. */
  readonly root: TemplateNode | undefined
  /** Why it cannot be read. */
  readonly failure: TemplateFailure | undefined
}

/** The templates that pages can be made of. */
export interface TemplateLibrary {
  /** The template of a name; undefined where there is none. */
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
