import type { Context } from 'koa'
import { errors } from 'oidc-provider'
import type { Account, SubjectChoice } from '../config/options.ts'
import type { Translator } from '../locales/translator.ts'
import { loadSubjectChoices } from '../pleo/subject-choices.ts'
import { requestedSubject } from '../provider/authorization-parameters.ts'
import type { Grant } from '../provider/internals.ts'
import { connectionsPath, toInteractionUrl } from '../provider/routes.ts'
import { toDecision, toOffer, toTicked, type ConsentForm, type DecisionProblem } from './consent.ts'
import { loadEarlier } from './earlier.ts'
import {
  alreadyAnswered,
  declined,
  finishInteraction,
  reopenInteraction,
  type OpenInteraction,
} from './interaction.ts'
import { toRedirectHost, toShownAccount, toShownClient } from './pages.ts'
import type { PageParts } from './parts.ts'
import { toChoice, toShownSubjects, type Choice } from './shown-subjects.ts'
import { toShownTerms, type ShownTerms } from './shown-terms.ts'
import { signedInAccount, switchAccount } from './sign-in.ts'
import { toTerms, type Terms } from './terms.ts'

/** What a person is asked, as it is now. */
interface Question {
  readonly account: Account
  readonly offer: readonly SubjectChoice[]
  readonly terms: Terms
}

/** Shows what the client asks for, and what the person can connect it to. */
export async function showConsent(
  parts: PageParts,
  ctx: Context,
  open: OpenInteraction,
): Promise<void> {
  const account = await signedInAccount(parts, ctx, open)
  if (!account) return switchAccount(parts, ctx, open.interaction, 'account_changed')
  await render(parts, ctx, open, { question: await loadQuestion(parts, account, open) })
}

/** Takes the person's decision: once, and only for what the person may connect now. */
export async function submitConsent(
  parts: PageParts,
  ctx: Context,
  open: OpenInteraction,
  form: Readonly<Record<string, unknown>>,
): Promise<void> {
  const account = await signedInAccount(parts, ctx, open)
  if (!account) throw new errors.InvalidRequest('the person signed in has changed', 403)
  const question = await loadQuestion(parts, account, open)
  const decision = toDecision(form, question)
  const problem = decision.kind === 'incomplete' ? decision.problem : undefined
  // Nobody agrees to what the page did not show.
  const isShown = parts.formTokens.hasShown(form['csrf'], toShown(question))
  if (problem || (decision.kind === 'allow' && !isShown)) {
    ctx.status = 422
    await render(parts, ctx, open, { question, form, problem: problem ?? 'changed' })
    return
  }

  const { interaction } = open
  // Of two posts at once, one decides.
  const isFirst = await parts.config.storage.records('Interaction').consume(interaction.uid)
  if (!isFirst) throw alreadyAnswered(interaction)
  try {
    if (decision.kind !== 'allow') return await finishInteraction(ctx, interaction, declined)
    const consent = { grantId: await saveGrant(parts, account, open, decision) }
    await finishInteraction(ctx, interaction, { ...interaction.lastSubmission, consent })
  } catch (error) {
    await reopenInteraction(interaction)
    throw error
  }
}

async function saveGrant(
  { provider, config }: PageParts,
  { accountId }: Account,
  { client, scopes: requested }: OpenInteraction,
  { subject, scopes }: { readonly subject: string; readonly scopes: readonly string[] },
): Promise<string> {
  const grant: Grant = new provider.Grant({ accountId, clientId: client.clientId })
  grant.subject = subject
  grant.requestedScope = requested.join(' ')
  // The framework holds a token against both lists: a scope missing in one asks for consent for ever.
  grant.addOIDCScope([...scopes])
  grant.addResourceScope(config.resourceServer.audience, [...scopes])
  return grant.save()
}

async function loadQuestion(
  { config }: PageParts,
  account: Account,
  { interaction, client, scopes, subjectType }: OpenInteraction,
): Promise<Question> {
  const choices = await loadSubjectChoices(config.accounts, account.accountId, subjectType)
  return {
    account,
    offer: toOffer(choices, requestedSubject(interaction.params)),
    terms: toTerms(scopes, config.resourceServer.scopes, client['optional_scope']),
  }
}

/** What the person agrees to besides the subject, which the form names. */
const toShown = ({ terms }: Question): readonly unknown[] => [terms.required, terms.optional]

interface Rendering {
  readonly question: Question
  /** What was posted, where that was not enough. */
  readonly form?: ConsentForm
  readonly problem?: DecisionProblem
}

async function render(
  parts: PageParts,
  ctx: Context,
  open: OpenInteraction,
  rendering: Rendering,
): Promise<void> {
  const { config, formTokens, logos } = parts
  const { account, offer } = rendering.question
  const action = toInteractionUrl(config.issuer, open.interaction.uid)
  const page = parts.views.page(ctx)
  const frame = {
    client: await toShownClient(open.client, logos, page.language),
    account: toShownAccount(account),
    subjectType: open.subjectType,
    action,
    switchAction: `${action}/switch-account`,
    csrf: formTokens.create(open.formBase, toShown(rendering.question)),
  }
  const asked = await toAsked(parts, page, open, rendering)
  ctx.body = offer.some(({ mayConnect }) => mayConnect)
    ? page.render('consent', {
        ...frame,
        ...asked,
        lifetimeDays: Math.ceil(config.lifetimes.grant / 86_400),
        endsAt: new Date(Date.now() + config.lifetimes.grant * 1000),
        redirectHost: toRedirectHost(open),
        connectionsUrl: config.issuer + connectionsPath,
        error: rendering.problem ? `consent.problem.${rendering.problem}` : null,
      })
    : page.render('cannot-connect', { ...frame, subjects: asked.subjects })
}

type Asked = Choice & ShownTerms

/** The subjects and the scopes, marked with what is connected already. */
async function toAsked(
  { config, connections }: PageParts,
  translator: Translator,
  { client, interaction, subjectType }: OpenInteraction,
  { question: { offer, terms }, form }: Rendering,
): Promise<Asked> {
  const catalogue = config.resourceServer.scopes
  const earlier = await loadEarlier(connections, client.clientId, offer)
  const requested = requestedSubject(interaction.params)?.urn
  const chosen = form?.subject ?? requested
  const words = { catalogue, translator }
  const subjects = toShownSubjects(offer, { ...words, chosen, terms, earlier })
  const choice = toChoice(subjects, requested)
  const granted = earlier.get((choice.single ?? choice.preselected)?.urn ?? '')?.scopes
  const ticked = form ? toTicked(form) : (granted ?? [])
  return { ...choice, ...toShownTerms(terms, subjectType, { ...words, ticked, granted }) }
}
