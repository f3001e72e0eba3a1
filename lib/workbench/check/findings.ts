import type { Page } from '../../pages/page-data.ts'
import type { TemplateMistake } from '../../pages/views-options.ts'

/** Collects each finding once, also if several pages and samples have it. */
export interface Findings {
  add(finding: Omit<TemplateMistake, 'pages'>, page?: Page): void
  /** By file and line. */
  list(): readonly TemplateMistake[]
}

/** Makes an empty collection. */
export function createFindings(): Findings {
  const findings = new Map<string, TemplateMistake>()
  return {
    add: (finding, page) => {
      const { directory, file, line, code, message } = finding
      const key = JSON.stringify([directory, file, line, code, message])
      const pages = new Set(findings.get(key)?.pages)
      if (page !== undefined) pages.add(page)
      findings.set(key, { ...finding, pages: [...pages] })
    },
    list: () =>
      [...findings.values()].toSorted(
        (one, other) => one.file.localeCompare(other.file) || one.line - other.line,
      ),
  }
}
