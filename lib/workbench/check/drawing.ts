import type { LocalizedPage } from '../../pages/pages.ts'
import type { Page, PageData } from '../../pages/page-data.ts'
import { TemplateFailure } from '../../pages/templates.ts'
import { placeOf, readPage, type Element } from './drawn.ts'
import type { Findings } from './findings.ts'
import { findTagProblems } from './markup.ts'
import { checkDrawn } from './rules.ts'
import { listTags, placeAttribute } from './tags.ts'
import type { Template } from './template.ts'

/** How pages are drawn to be checked. */
export interface Drawing {
  /** Draws them, in English. */
  readonly english: LocalizedPage
  readonly findings: Findings
}

/**
 * Draws a page in each of its states, and reports what is wrong with what comes out.
 *
 * @param templates - those that the page is made of
 */
export function checkPage<Name extends Page>(
  page: Name,
  samples: readonly PageData[Name][],
  templates: readonly Template[],
  { english, findings }: Drawing,
): void {
  const hosts = templates.filter(({ directory }) => directory !== undefined)
  const report = (place: string | undefined, code: string, message: string): void => {
    const [name, line] = /^(.*):(\d+)$/.exec(place ?? '')?.slice(1) ?? []
    // What is ours is right by itself: then the host's first template has taken something away.
    const own = hosts.find((template) => template.name === name)
    const { name: file, directory = 0 } = own ?? hosts[0] ?? { name: `${page}.njk` }
    findings.add({ code, directory, file, line: own ? Number(line) : 1, message }, page)
  }
  for (const data of samples) {
    const source = tryRender(
      () => english.render(page, data),
      (failure) => {
        const { template, line, problem } = failure
        if (isExplained(page, findings)) return
        report(`${template}:${line}`, ...toFailureWords(problem))
      },
    )
    if (source === undefined) continue
    reportTags(source, report, findings)
    const drawn = readPage(source)
    checkDrawn(
      page,
      { data, drawn, lang: english.language, dir: english.direction },
      {
        drawn,
        t: english.text,
        report: (code, message, element?: Element) => report(placeOf(element), code, message),
      },
    )
  }
}

/** What names something that does not exist fails for that reason, wherever it fails. */
const isExplained = (page: Page, findings: Findings): boolean =>
  findings.list().some(({ code, pages }) => code.startsWith('unknown_') && pages.includes(page))

function tryRender(
  render: () => string,
  onFailure: (failure: TemplateFailure) => void,
): string | undefined {
  try {
    return render()
  } catch (error) {
    if (!(error instanceof TemplateFailure)) throw error
    onFailure(error)
    return undefined
  }
}

const toFailureWords = (problem: string): readonly [string, string] =>
  problem.startsWith('attempted to output null')
    ? [
        'writes_nothing',
        'writes something that is null in some states: ask for it first, {% if … %}',
      ]
    : ['render_failed', `cannot be drawn: ${problem}`]

/** What only shows when expressions have their values. */
function reportTags(
  source: string,
  report: (place: string | undefined, code: string, message: string) => void,
  findings: Findings,
): void {
  for (const tag of listTags(source)) {
    const place = tag.attributes.get(placeAttribute)?.value
    const file = place?.replace(/:\d+$/, '')
    for (const { code, message } of findTagProblems(tag)) {
      const isKnown = findings.list().some((known) => known.code === code && known.file === file)
      if (!isKnown) report(place, code, message)
    }
  }
}
