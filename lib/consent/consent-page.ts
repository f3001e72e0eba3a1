import { requestedSubject } from '../oidc/authorization-parameters.ts'
import type { Translator } from '../pages/texts/translator.ts'
import { connectionsPath } from '../paths.ts'
import type { Account, SubjectChoice } from '../pleo/accounts.ts'
import { loadSubjectChoices } from '../pleo/subject-choices.ts'
import {
  loadEarlier,
  toChoice,
  toOffer,
  toShownSubjects,
  type Choice,
} from './connectable-subjects.ts'
import { toShownTerms, toTerms, toTicked, type ShownTerms, type Terms } from './consent-terms.ts'
import type { PostedForm } from './form-tokens.ts'
import type { OpenInteraction, PageParts } from './interaction.ts'
import { toFrame, toRedirectHost, toRegisteredAs, toShownAccount } from './shown-client.ts'
import { accountOf, switchAccount } from './signed-in.ts'

/** The question to a person, as it is now. */
export interface Question {
  readonly account: Account
  readonly offer: readonly SubjectChoice[]
  readonly terms: Terms
}

/** The mistake in a decision. The words are in the catalogues, below `consent.problem`. */
export type DecisionProblem = 'noDecision' | 'noSubject' | 'notAllowed' | 'noScope' | 'changed'

/** Shows what the client asks for, and the subjects that the person can connect. */
export async function showConsent(open: OpenInteraction): Promise<void> {
  const account = await accountOf(open)
  if (!account) return switchAccount(open, 'account_changed')
  await renderConsent(open, { question: await loadQuestion(open, account) })
}

/** Loads the subjects of the person and the terms of the client, as they are now. */
export async function loadQuestion(
  { config, interaction, client, scopes, subjectType }: OpenInteraction,
  account: Account,
): Promise<Question> {
  const choices = await loadSubjectChoices(config.accounts, account.accountId, subjectType)
  return {
    account,
    offer: toOffer(choices, requestedSubject(interaction.params)),
    terms: toTerms(scopes, config.resourceServer.scopes, client['optional_scope']),
  }
}

/** Everything that the person agrees to: the access, the client and the time. The form itself names the subject. */
export const toAgreed = (
  { config, client, subjectType }: OpenInteraction,
  { terms }: Question,
): readonly unknown[] => [
  terms.required,
  terms.optional,
  subjectType,
  toLifetimeDays(config),
  ...toRegisteredAs(client),
]

const toLifetimeDays = ({ lifetimes }: PageParts['config']): number =>
  Math.ceil(lifetimes.grant / 86_400)

interface Rendering {
  readonly question: Question
  /** The posted form, if the decision in it has a mistake. */
  readonly form?: PostedForm
  readonly problem?: DecisionProblem
}

/** Draws `consent.njk`, or `cannot-connect.njk` if the person may connect no subject. The words are in `locales`. */
export async function renderConsent(open: OpenInteraction, rendering: Rendering): Promise<void> {
  const { config, ctx, views } = open
  const { account, offer } = rendering.question
  const page = views.page(ctx)
  const frame = {
    ...toFrame(open, page, toAgreed(open, rendering.question)),
    account: toShownAccount(account),
    subjectType: open.subjectType,
  }
  const asked = await toAsked(open, page, rendering)
  ctx.body = offer.some(({ mayConnect }) => mayConnect)
    ? page.render('consent', {
        ...frame,
        ...asked,
        lifetimeDays: toLifetimeDays(config),
        endsAt: new Date(Date.now() + config.lifetimes.grant * 1000),
        redirectHost: toRedirectHost(open),
        connectionsUrl: config.issuer + connectionsPath,
        error: rendering.problem ? `consent.problem.${rendering.problem}` : null,
      })
    : page.render('cannot-connect', { ...frame, subjects: asked.subjects })
}

/** The subjects and the scopes. Marks those that are connected already. */
async function toAsked(
  { config, connections, client, interaction, subjectType }: OpenInteraction,
  translator: Translator,
  { question: { offer, terms }, form }: Rendering,
): Promise<Choice & ShownTerms> {
  const catalogue = config.resourceServer.scopes
  const earlier = await loadEarlier(connections, client.clientId, offer)
  const requested = requestedSubject(interaction.params)?.urn
  const chosen = form?.['subject'] ?? requested
  const words = { catalogue, translator }
  const subjects = toShownSubjects(offer, { ...words, chosen, terms, earlier })
  const choice = toChoice(subjects, requested)
  const granted = earlier.get((choice.single ?? choice.preselected)?.urn ?? '')?.scopes
  const ticked = form ? toTicked(form) : (granted ?? [])
  return { ...choice, ...toShownTerms(terms, subjectType, { ...words, ticked, granted }) }
}
