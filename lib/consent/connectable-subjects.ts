import { loadConnections, type ConnectionGrant } from '../grants/connections.ts'
import type { ConsentData } from '../pages/page-data.ts'
import type { ShownRefusal, ShownSubject } from '../pages/shown-data.ts'
import { describeScope, findHostWords, scopesOf, type Terms } from '../pages/shown-terms.ts'
import type { Translator } from '../pages/texts/translator.ts'
import type { Accounts, SubjectChoice } from '../pleo/accounts.ts'
import type { ScopeCatalogue } from '../pleo/scopes.ts'
import { loadSubjectChoices } from '../pleo/subject-choices.ts'
import type { Subject } from '../pleo/subject.ts'
import type { GrantStorage } from '../storage.ts'

/**
 * Every subject that the person may connect, for the page of connections. Only the host decides that, in `accounts.subjects`.
 * `consent-decision.ts` asks it again when the person allows access.
 */
export async function authorizedSubjects(
  accounts: Accounts,
  accountId: string,
  language: string,
): Promise<readonly SubjectChoice[]> {
  const [companies, organizations] = await Promise.all(
    (['company', 'organization'] as const).map((type) =>
      loadSubjectChoices(accounts, accountId, type, language),
    ),
  )
  return [...(organizations ?? []), ...(companies ?? [])].filter(({ mayConnect }) => mayConnect)
}

/**
 * The subjects that the page offers: all of them, with the one that the client asked for first. If the person may not connect
 * that one, the page offers no other instead.
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
 * Loads the newest living grant of the client for each subject, by URN. Another person may have given it. If the person may not
 * connect a subject, nothing is looked up, so that the page tells nothing of it.
 */
export async function loadEarlier(
  grants: GrantStorage,
  clientId: string,
  offer: readonly SubjectChoice[],
): Promise<ReadonlyMap<string, ConnectionGrant>> {
  const found = await Promise.all(
    offer
      .filter(({ mayConnect }) => mayConnect)
      .map(async ({ urn }) => {
        const [connection] = await loadConnections(grants, { subject: urn, clientId })
        const newest = connection?.grants[0]
        return newest ? ([[urn, newest]] as const) : []
      }),
  )
  return new Map(found.flat())
}

/** How the subjects are shown to one person. */
interface ShownSubjectsOptions {
  readonly catalogue: ScopeCatalogue
  readonly translator: Translator
  /** The URN of the chosen one, if there is one. */
  readonly chosen: unknown
  readonly terms: Terms
  /** The connections that exist already, by URN. */
  readonly earlier: ReadonlyMap<string, ConnectionGrant>
}

/** A list of this length scrolls. */
const longList = 6

/**
 * The subjects by name, as the person's language sorts names. Those that the person may not connect come last. In a list that
 * scrolls, the chosen one comes first, so that it is in sight.
 */
export function toShownSubjects(
  offer: readonly SubjectChoice[],
  options: ShownSubjectsOptions,
): readonly ShownSubject[] {
  const { compare } = options.translator.formats
  const isLong = offer.length >= longList
  const rank = ({ isChecked, mayConnect }: ShownSubject): number =>
    isLong && isChecked ? 0 : mayConnect ? 1 : 2
  return offer
    .map((choice) => toShownSubject(choice, options))
    .toSorted((one, other) => rank(one) - rank(other) || compare(one.name, other.name))
}

function toShownSubject(
  { urn, name, detail, mayConnect, reason, administrators, companies }: SubjectChoice,
  { chosen, terms, earlier, catalogue, translator }: ShownSubjectsOptions,
): ShownSubject {
  const connected = earlier.get(urn)
  const added = scopesOf(terms).filter((scope) => !connected?.scopes.includes(scope))
  const why =
    typeof reason === 'object'
      ? (findHostWords(reason, translator.language) ?? reason.en)
      : (reason ?? null)
  return {
    urn,
    name,
    detail: detail ?? null,
    mayConnect,
    reason: mayConnect ? null : why,
    administrators: mayConnect ? [] : (administrators ?? []),
    isChecked: urn === chosen,
    companies: companies
      ? { ...companies, names: companies.names.toSorted(translator.formats.compare) }
      : null,
    connectedSince: connected ? new Date(connected.grantedAt) : null,
    newAccess: connected
      ? [...new Set(added.map((scope) => describeScope(scope, catalogue, translator)))]
      : [],
  }
}

/** The reasons why a person may connect none of these, each once. */
export function toRefusals(subjects: readonly ShownSubject[]): readonly ShownRefusal[] {
  const byReason = new Map<string, ShownRefusal & { readonly subjects: ShownSubject[] }>()
  for (const subject of subjects) {
    const { reason, administrators } = subject
    const key = JSON.stringify([reason, administrators])
    const refusal = byReason.get(key) ?? { reason, administrators, subjects: [] }
    refusal.subjects.push(subject)
    byReason.set(key, refusal)
  }
  return [...byReason.values()]
}

/**
 * The choice between subjects, in the layout of the page.
 *
 * @param requested - the URN that the client asked for
 */
export function toChoice(
  subjects: readonly ShownSubject[],
  requested: string | undefined,
): Pick<ConsentData, 'subjects' | 'single' | 'preselected' | 'others'> {
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
