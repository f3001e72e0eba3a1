import type { SubjectChoice } from '../pleo/accounts.ts'
import type { Subject } from '../pleo/subject.ts'
import type { Terms } from './terms.ts'

/** What a person can decide on the page. */
export type Decision =
  | { readonly kind: 'decline' }
  | { readonly kind: 'incomplete'; readonly problem: DecisionProblem }
  | { readonly kind: 'allow'; readonly subject: string; readonly scopes: readonly string[] }

/** What is missing or wrong in a decision; the words are in the catalogues, below `consent.problem`. */
export type DecisionProblem = 'noDecision' | 'noSubject' | 'notAllowed' | 'noScope' | 'changed'

/** The form as it was posted: whatever was sent. */
export interface ConsentForm {
  readonly decision?: unknown
  readonly subject?: unknown
  readonly scope?: unknown
}

/**
 * The subjects the page offers: all of them, the one that the client asked for first. Where the person may not
 * connect that one, no other is offered in its place.
 */
export function toOffer(
  choices: readonly SubjectChoice[],
  requested: Subject | undefined,
): readonly SubjectChoice[] {
  if (!requested) return choices
  const wanted = choices.filter(({ urn }) => urn === requested.urn)
  if (!wanted.some(({ mayConnect }) => mayConnect)) return wanted
  return [...wanted, ...choices.filter(({ urn }) => urn !== requested.urn)]
}

/**
 * What the posted form means. The choice is held against what the person may connect now, and against what the
 * client may ask for now, not against what the page showed.
 */
export function toDecision(
  form: ConsentForm,
  { offer, terms }: { readonly offer: readonly SubjectChoice[]; readonly terms: Terms },
): Decision {
  if (form.decision === 'decline') return { kind: 'decline' }
  if (form.decision !== 'allow') return { kind: 'incomplete', problem: 'noDecision' }
  if (form.subject === undefined) return { kind: 'incomplete', problem: 'noSubject' }
  const subject = offer.find(({ urn, mayConnect }) => mayConnect && urn === form.subject)
  if (!subject) return { kind: 'incomplete', problem: 'notAllowed' }
  const ticked = toTicked(form)
  if (!ticked.every((name) => terms.optional.includes(name))) {
    return { kind: 'incomplete', problem: 'changed' }
  }
  const scopes = [...terms.required, ...terms.optional.filter((name) => ticked.includes(name))]
  return scopes.length > 0
    ? { kind: 'allow', subject: subject.urn, scopes }
    : { kind: 'incomplete', problem: 'noScope' }
}

/** The optional scopes that were ticked. A field that was sent often is parsed as a list, or where it is long as an object. */
export function toTicked({ scope }: ConsentForm): readonly string[] {
  if (typeof scope === 'string') return [scope]
  return Object.values(scope ?? {}).map(String)
}
