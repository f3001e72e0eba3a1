import type { Context } from 'koa'
import { errors } from 'oidc-provider'
import type { Account, SubjectChoice } from '../pleo/accounts.ts'
import type { Translator } from '../pages/texts/translator.ts'
import { loadSubjectChoices } from '../pleo/subject-choices.ts'
import { requestedSubject } from '../oidc/authorization-parameters.ts'
import type { Grant } from '../oidc/internals.ts'
import { connectionsPath, toInteractionUrl } from '../paths.ts'
import { toDecision, toOffer, toTicked, type ConsentForm, type DecisionProblem } from './consent.ts'
import { loadEarlier } from './earlier.ts'
import { decide, decline, letDecideAgain } from './decide.ts'
import { alreadyAnswered, redirect, type OpenInteraction } from './interaction.ts'
import { soon } from './over.ts'
import { toRedirectHost, toRegisteredAs, toShownAccount, toShownClient } from './shown-client.ts'
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
  // Nobody agrees to what the page did not show.
  const isShown = parts.formTokens.hasShown(form['csrf'], toShown(parts, open, question))
  const problem = decision.kind === 'incomplete' ? decision.problem : undefined
  if (problem || (decision.kind === 'allow' && !isShown)) {
    ctx.status = 422
    await render(parts, ctx, open, {
      question,
      form,
      problem: isShown && problem ? problem : 'changed',
    })
    return
  }

  const { interaction } = open
  // Of two posts at once, one decides.
  const isFirst = await parts.config.storage.records('Interaction').consume(interaction.uid)
  if (!isFirst) return goOnWithFirst(parts, ctx, open)
  try {
    if (decision.kind !== 'allow') return await decline(parts, ctx, open)
    const consent = { grantId: await saveGrant(parts, account, open, decision) }
    const result = { ...interaction.lastSubmission, consent }
    await decide(parts, ctx, open, { subject: decision.subject, result })
  } catch (error) {
    await letDecideAgain(parts, open)
    throw error
  }
}

/** Goes on with the decision that was posted first, as soon as it is stored. */
async function goOnWithFirst(
  { provider }: PageParts,
  ctx: Context,
  { interaction: { uid, returnTo } }: OpenInteraction,
): Promise<void> {
  const isStored = await soon(async () => {
    const found = await provider.Interaction.find(uid)
    return !found || found.result ? true : undefined
  }, 10)
  // The process that took the first one may be gone.
  if (!isStored) throw alreadyAnswered(returnTo)
  redirect(ctx, returnTo)
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

/** What the person agrees to, with whom and for how long. The form itself names the subject. */
const toShown = (
  { config }: PageParts,
  { client, subjectType }: OpenInteraction,
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
    client: toShownClient(open.client, logos, page.language, [open.redirectUri]),
    account: toShownAccount(account),
    subjectType: open.subjectType,
    action,
    switchAction: `${action}/switch-account`,
    csrf: formTokens.create(open.formBase, toShown(parts, open, rendering.question)),
  }
  const asked = await toAsked(parts, page, open, rendering)
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
