import type { SubjectChoice } from '../pleo/accounts.ts'
import { findHostWords } from '../pages/texts/host-words.ts'
import type { Translator } from '../pages/texts/translator.ts'
import type { ConsentData, ShownSubject } from '../pages/page-data.ts'
import type { Earlier } from './earlier.ts'
import { scopesOf, type Terms } from './terms.ts'
import { toDescription, type ShownTermsOptions } from './shown-terms.ts'

/** How the subjects are shown to one person. */
export interface ShownSubjectsOptions extends Pick<ShownTermsOptions, 'catalogue' | 'translator'> {
  /** The URN of the one that is chosen, if any is. */
  readonly chosen: unknown
  readonly terms: Terms
  /** What is connected already, by URN. */
  readonly earlier: ReadonlyMap<string, Earlier>
}

/** From how many on a list scrolls. */
const longList = 6

/**
 * The subjects, as pages show them. In a list that scrolls, what is chosen and then what can be chosen come first: it
 * would be out of sight.
 */
export function toShownSubjects(
  offer: readonly SubjectChoice[],
  options: ShownSubjectsOptions,
): readonly ShownSubject[] {
  const subjects = offer.map((choice) => toShownSubject(choice, options))
  if (subjects.length < longList) return subjects
  const rank = ({ isChecked, mayConnect }: ShownSubject): number =>
    isChecked ? 0 : mayConnect ? 1 : 2
  return subjects.toSorted((one, other) => rank(one) - rank(other))
}

function toShownSubject(
  { urn, name, detail, mayConnect, reason, administrators }: SubjectChoice,
  { chosen, terms, earlier, catalogue, translator }: ShownSubjectsOptions,
): ShownSubject {
  const connected = earlier.get(urn)
  const added = scopesOf(terms).filter((scope) => !connected?.scopes.includes(scope))
  return {
    urn,
    name,
    detail: detail ?? null,
    mayConnect,
    reason: mayConnect ? null : toReason(reason, translator),
    administrators: mayConnect ? [] : (administrators ?? []),
    isChecked: urn === chosen,
    connectedSince: connected ? new Date(connected.grantedAt) : null,
    newAccess: connected ? added.map((scope) => toDescription(scope, catalogue, translator)) : [],
  }
}

function toReason(reason: SubjectChoice['reason'], { language }: Translator): string | null {
  if (typeof reason !== 'object') return reason ?? null
  return findHostWords(reason, language) ?? reason.en
}

/** What there is to choose from, as the page lays it out. */
export type Choice = Pick<ConsentData, 'subjects' | 'single' | 'preselected' | 'others'>

/** @param requested - the URN that the client asked for */
export function toChoice(subjects: readonly ShownSubject[], requested: string | undefined): Choice {
  const [only] = subjects
  const single = subjects.length === 1 && only?.mayConnect ? only : null
  const preselected = single ? null : (subjects.find(({ urn }) => urn === requested) ?? null)
  return {
    subjects,
    single,
    preselected,
    others: subjects.filter((subject) => subject !== preselected),
  }
}
