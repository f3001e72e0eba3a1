import type { CommonData } from '../../pages/common-data.ts'
import type { Page, PageData } from '../../pages/page-data.ts'
import type { LocalizedPage } from '../../pages/pages.ts'
import { TemplateFailure } from '../../pages/templates.ts'
import { readPage } from '../../validation/html.ts'
import { toHint } from '../../validation/did-you-mean.ts'
import type { Findings } from './findings.ts'
import { checkDrawn } from './requirements.ts'
import { rules } from './rules.ts'
import { findTagProblems, listTags, placeAttribute, placeOf } from './tags.ts'
import type { Template } from './template.ts'
import type { Pass, Tracer, UnknownName } from './tracer.ts'

/** The parts that a drawing takes. */
export interface Drawing {
  /** Draws pages in English. */
  readonly english: LocalizedPage
  readonly tracer: Tracer
  readonly findings: Findings
}

/** Reports a mistake. @param place - `consent.njk:12` */
type Report = (place: string | undefined, code: string, message: string) => void

/**
 * Draws a page in each of its states, and reports the mistakes that show.
 *
 * @param templates - those that the page is made of
 * @returns the names of the blocks that were drawn
 */
export function checkPage<Name extends Page>(
  page: Name,
  samples: readonly PageData[Name][],
  templates: readonly Template[],
  { english, tracer, findings }: Drawing,
): ReadonlySet<string> {
  const hosts = templates.filter(({ directory }) => directory !== undefined)
  const report: Report = (place, code, message) => {
    const [name, line] = /^(.*):(\d+)$/.exec(place ?? '')?.slice(1) ?? []
    // Ours is right by itself: then the host's first template has taken something away.
    const own = hosts.find((template) => template.name === name)
    const { name: file, directory = 0 } = own ?? hosts[0] ?? { name: `${page}.njk` }
    findings.add({ code, directory, file, line: own ? Number(line) : 1, message }, page)
  }
  const drawings = drawAll(page, samples, tracer, english)
  for (const read of tracer.listUnknown()) reportUnknown(read, report)

  // A name that does not exist also makes the drawing fail.
  const isExplained = findings
    .list()
    .some(({ code, pages }) => code.startsWith('unknown_') && pages.includes(page))
  for (const { data, source, failure } of drawings) {
    if (failure && !isExplained) {
      report(`${failure.template}:${failure.line}`, ...toFailureWords(failure.problem))
    }
    if (source === undefined) continue
    reportTags(source, report, findings)
    checkDrawn(
      rules[page](data, english.text),
      { lang: english.language, dir: english.direction },
      readPage(source),
      (code, message, element) => report(placeOf(element), code, message),
    )
  }
  return tracer.blocks
}

/** A page in one state, or why it cannot be drawn. */
interface Drawn<Data> {
  readonly data: Data
  readonly source?: string
  readonly failure?: TemplateFailure
}

/** Draws a page in each state; and then again, without a look at the result, for each branch that no state has entered. */
function drawAll<Name extends Page>(
  page: Name,
  samples: readonly PageData[Name][],
  tracer: Tracer,
  english: LocalizedPage,
): readonly Drawn<PageData[Name]>[] {
  tracer.start()
  const draw = (data: PageData[Name], pass: Pass): Drawn<PageData[Name]> => {
    const shown = pass.isLenient ? { ...data, ...lenientWords } : data
    try {
      return { data, source: tracer.follow(pass, () => english.render(page, shown)) }
    } catch (error) {
      if (!(error instanceof TemplateFailure)) throw error
      return { data, failure: error }
    }
  }
  const drawings = samples.map((data, sample) => {
    const pass = { sample, forced: new Map<number, number>() }
    const drawing = draw(data, { ...pass, isLenient: false })
    // The rest of the page may have mistakes as well.
    if (drawing.failure) draw(data, { ...pass, isLenient: true })
    return drawing
  })
  for (const pass of tracer.untaken()) {
    const data = samples[pass.sample]
    if (data) draw(data, pass)
  }
  return drawings
}

/** Functions that take any value. A branch that is entered against the data has values that it does not expect. */
const lenientWords: Partial<CommonData> = {
  t: () => '',
  formatDate: () => '',
  formatList: () => '',
  formatAny: () => '',
}

function reportUnknown(
  { template, line, name, written, others, isOfPage }: UnknownName,
  report: Report,
): void {
  const place = `${template}:${line}`
  const hint = toHint(name, others)
  if (name !== written) {
    report(place, 'unknown_member', `names ${written}, which does not exist${hint}`)
    return
  }
  const why = isOfPage ? ' (import the template "with context")' : hint
  report(place, 'unknown_variable', `names ${name}, which does not exist here${why}`)
}

const toFailureWords = (problem: string): readonly [string, string] =>
  problem.startsWith('attempted to output null')
    ? [
        'writes_nothing',
        'writes something that is null in some states: ask for it first, {% if … %}',
      ]
    : ['render_failed', `cannot be drawn: ${problem.replace('`--expression--`', 'a value')}`]

/** Checks the tags of a page that was drawn: only there do expressions have their values. */
function reportTags(source: string, report: Report, findings: Findings): void {
  for (const tag of listTags(source)) {
    const place = tag.attributes.get(placeAttribute)?.value
    const file = place?.replace(/:\d+$/, '')
    for (const { code, message } of findTagProblems(tag)) {
      const isKnown = findings.list().some((known) => known.code === code && known.file === file)
      if (!isKnown) report(place, code, message)
    }
  }
}
