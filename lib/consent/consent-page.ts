import type { Client } from 'oidc-provider'
import type { Config } from '../config/config.ts'
import { requestedSubject } from '../oidc/authorization-parameters.ts'
import { hostOf, startUrlOf, toRegisteredAs } from '../pages/shown-client.ts'
import { toShownTerms, type Terms } from '../pages/shown-terms.ts'
import { connectionsPath } from '../paths.ts'
import type { Account, SubjectChoice } from '../pleo/accounts.ts'
import { toScopeNames, type ScopeCatalogue } from '../pleo/scopes.ts'
import { loadSubjectChoices } from '../pleo/subject-choices.ts'
import type { SubjectType } from '../pleo/subject.ts'
import {
  loadEarlier,
  toChoice,
  toOffer,
  toRefusals,
  toShownSubjects,
} from './connectable-subjects.ts'
import type { PostedForm } from './form-tokens.ts'
import { toFrame, type ConsentedTerms, type OpenInteraction } from './interaction.ts'
import { accountOf, switchAccount, toShownAccount } from './signed-in.ts'

/** The question to a person, as it is now. */
export interface Question {
  readonly account: Account
  readonly offer: readonly SubjectChoice[]
  readonly terms: Terms
}

/** Shows what the client asks for, and the subjects that the person can connect. */
export async function showConsent(open: OpenInteraction): Promise<void> {
  const account = await accountOf(open)
  if (!account) return switchAccount(open, 'account_changed')
  await renderConsent(open, await loadQuestion(open, account))
}

/** Loads the subjects of the person and the terms of the client, as they are now. */
export async function loadQuestion(
  { config, ctx, interaction, client, scopes, subjectType, views }: OpenInteraction,
  account: Account,
): Promise<Question> {
  const language = views.languageOf(ctx)
  const { accounts } = config
  const choices = await loadSubjectChoices(accounts, account.accountId, subjectType, language)
  return {
    account,
    offer: toOffer(choices, requestedSubject(interaction.params)),
    terms: toTerms(scopes, config.resourceServer.scopes, client['optional_scope']),
  }
}

/**
 * The requested scopes, in the order of the catalogue. A scope that the catalogue has no words for cannot be shown, and is not
 * granted.
 *
 * @param optionalScope - the scopes that the client registered as optional, space-separated
 */
export function toTerms(
  requested: readonly string[],
  catalogue: ScopeCatalogue,
  optionalScope: unknown,
): Terms {
  const shown = Object.keys(catalogue).filter((name) => requested.includes(name))
  const optional = new Set(toScopeNames(optionalScope))
  return {
    required: shown.filter((name) => !optional.has(name)),
    optional: shown.filter((name) => optional.has(name)),
  }
}

/** The optional scopes that were ticked. The parser makes a list of a field that is sent often, or an object if it is long. */
export function toTicked({ scope }: PostedForm): readonly string[] {
  if (typeof scope === 'string') return [scope]
  return Object.values(scope ?? {}).map(String)
}

/**
 * Everything that the person agrees to: the access, the client, the time and the companies of organizations. The form itself names
 * the subject.
 */
export const toAgreed = (
  { config, client, subjectType }: OpenInteraction,
  { offer, terms }: Question,
): readonly unknown[] => [
  terms.required,
  terms.optional,
  subjectType,
  toEnds(config.lifetimes, client),
  offer.flatMap(toCoverage).toSorted(),
  ...toRegisteredAs(client),
]

/** The companies of an organization that the person can choose, as a text. The host may list all of them in any order. */
const toCoverage = ({ urn, mayConnect, companies }: SubjectChoice): readonly string[] =>
  mayConnect && companies
    ? [JSON.stringify([urn, companies.includesLater, companies.names.toSorted()])]
    : []

/** The content of the page in words: the same as {@link toAgreed}, for people who look later. */
export function toShownFacts(
  { config, client }: OpenInteraction,
  { offer, terms }: Question,
  subject: string,
): ConsentedTerms {
  const { clientId, clientName = clientId, tosUri, policyUri } = client
  const { name = '', companies } = offer.find(({ urn }) => urn === subject) ?? {}
  const { lifetimeDays, unusedDays } = toEnds(config.lifetimes, client)
  return {
    ...terms,
    subjectName: name,
    clientName,
    isVerified: client['verified'] === true,
    lifetimeDays,
    ...(unusedDays !== null && { unusedDays }),
    ...(companies && { companies }),
    ...(tosUri !== undefined && { tosUri }),
    ...(policyUri !== undefined && { policyUri }),
  }
}

/** When the access ends at the latest, and when it ends unless it is used. Without refresh tokens, nothing moves its end. */
function toEnds(
  { accessToken, refreshToken, grant }: Config['lifetimes'],
  client: Client,
): { readonly seconds: number; readonly lifetimeDays: number; readonly unusedDays: number | null } {
  const canRefresh = client.grantTypeAllowed('refresh_token')
  const seconds = canRefresh ? grant : Math.min(accessToken, grant)
  const [lifetimeDays, unusedDays] = [toDays(seconds), toDays(refreshToken)]
  return { seconds, lifetimeDays, unusedDays: unusedDays < lifetimeDays ? unusedDays : null }
}

const toDays = (seconds: number): number => Math.ceil(seconds / 86_400)

/** A form with a mistake in it. */
interface Mistake {
  readonly form: PostedForm
  /** The name of its words in the catalogues, below `consent.problem`. */
  readonly problem: string
}

/** The words for a choice that is missing name what to choose. */
const toErrorPath = ({ problem }: Mistake, subjectType: SubjectType): string =>
  `consent.problem.${problem === 'noSubject' ? `${problem}.${subjectType}` : problem}`

/**
 * Draws `consent.njk`, or `cannot-connect.njk` if the person may connect no subject. Marks the subjects and the scopes that are
 * connected already.
 */
export async function renderConsent(
  open: OpenInteraction,
  question: Question,
  mistake?: Mistake,
): Promise<void> {
  const { config, client, ctx, redirectUri, subjectType } = open
  const { account, offer, terms } = question
  const page = open.views.page(ctx)
  const frame = {
    ...toFrame(open, page, toAgreed(open, question)),
    account: toShownAccount(account),
    subjectType,
  }
  const words = { catalogue: config.resourceServer.scopes, translator: page }
  const earlier = await loadEarlier(config.storage.grants, client.clientId, offer)
  const requested = requestedSubject(open.interaction.params)?.urn
  const chosen = mistake?.form['subject'] ?? requested
  const subjects = toShownSubjects(offer, { ...words, chosen, terms, earlier })
  if (!offer.some(({ mayConnect }) => mayConnect)) {
    const refusals = toRefusals(subjects)
    ctx.body = page.render('cannot-connect', {
      ...frame,
      subjects,
      refusals,
      startUrl: startUrlOf(client),
    })
    return
  }
  const choice = toChoice(subjects, requested)
  const granted = earlier.get((choice.single ?? choice.preselected)?.urn ?? '')?.scopes
  const { seconds, lifetimeDays, unusedDays } = toEnds(config.lifetimes, client)
  const ticked = mistake ? toTicked(mistake.form) : (granted ?? [])
  ctx.body = page.render('consent', {
    ...frame,
    ...choice,
    ...toShownTerms(terms, subjectType, { ...words, ticked, granted }),
    lifetimeDays,
    endsAt: new Date(Date.now() + seconds * 1000),
    unusedDays,
    // The host of a private scheme would tell nothing.
    redirectHost: hostOf(redirectUri) ?? `${new URL(redirectUri).protocol}//`,
    connectionsUrl: config.issuer + connectionsPath,
    error: mistake ? toErrorPath(mistake, subjectType) : null,
  })
}
