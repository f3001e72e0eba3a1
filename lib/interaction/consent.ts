import type { SubjectChoice } from '../config/options.ts'
import { toScopeDescription } from '../locales/scope-words.ts'
import type { Translator } from '../locales/translator.ts'
import type { ScopeCatalogue } from '../pleo/scopes.ts'
import type { Subject } from '../pleo/subject.ts'

/** What a person can decide on the page. */
export type Decision =
  | { readonly kind: 'decline' }
  | { readonly kind: 'incomplete'; readonly problem: DecisionProblem }
  | { readonly kind: 'allow'; readonly subject: string }

/** What is missing or wrong in a decision; the words are in the catalogues, below `consent.problem`. */
export type DecisionProblem = 'noDecision' | 'noSubject' | 'notAllowed'

/** One scope, as the page shows it. */
export interface ShownScope {
  readonly name: string
  readonly description: string
  readonly access: 'read' | 'write'
}

/** The subjects the page offers: all of them, or the one that the client asked for. */
export function toOffer(
  choices: readonly SubjectChoice[],
  requested: Subject | undefined,
): readonly SubjectChoice[] {
  return requested ? choices.filter(({ urn }) => urn === requested.urn) : choices
}

/**
 * What the posted form means. The choice is held against what the person may connect now, not
 * against what the page showed.
 */
export function toDecision(
  form: { readonly decision?: unknown; readonly subject?: unknown },
  offer: readonly SubjectChoice[],
): Decision {
  if (form.decision === 'decline') return { kind: 'decline' }
  if (form.decision !== 'allow') return { kind: 'incomplete', problem: 'noDecision' }
  if (form.subject === undefined) return { kind: 'incomplete', problem: 'noSubject' }
  const subject = offer.find(({ urn, mayConnect }) => mayConnect && urn === form.subject)
  return subject
    ? { kind: 'allow', subject: subject.urn }
    : { kind: 'incomplete', problem: 'notAllowed' }
}

/** The requested scopes in the words of a language, in the order of the catalogue. */
export function toShownScopes(
  requested: readonly string[],
  catalogue: ScopeCatalogue,
  translator: Translator,
): readonly ShownScope[] {
  return Object.entries(catalogue)
    .filter(([name]) => requested.includes(name))
    .map(([name, words]) => ({
      name,
      description: toScopeDescription(name, words, translator),
      access: words.access,
    }))
}
