import type { Page } from '../../pages/page-data.ts'

/** What is wrong with a template. */
export interface Finding {
  /** What kind of mistake it is; stable, for programs. */
  readonly code: string
  /** Which of the host's folders the file is in. */
  readonly directory: number
  /** The file, below its folder. */
  readonly file: string
  readonly line: number
  readonly message: string
  /** The pages that it spoils; none for a file that is not used. */
  readonly pages: readonly Page[]
}

/** Collects findings: each once, whichever pages and samples it comes from. */
export interface Findings {
  add(finding: Omit<Finding, 'pages'>, page?: Page): void
  /** By file and line. */
  list(): readonly Finding[]
}

/** Makes an empty collection. */
export function createFindings(): Findings {
  const findings = new Map<string, Finding>()
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

/** What a name was probably meant to be, in words to stand behind a message. */
export const toHint = (meant: string | undefined): string =>
  meant === undefined ? '' : ` (did you mean "${meant}"?)`
