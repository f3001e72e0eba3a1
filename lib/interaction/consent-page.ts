import type { Context } from 'koa'
import { errors } from 'oidc-provider'
import type { Account, SubjectChoice } from '../config/options.ts'
import { hostContext } from '../http/host-context.ts'
import { loadSubjectChoices } from '../pleo/subject-choices.ts'
import { requestedSubject } from '../provider/authorization-parameters.ts'
import type { Grant } from '../provider/internals.ts'
import { toInteractionUrl } from '../provider/routes.ts'
import { toDecision, toOffer, toShownScopes, type DecisionProblem } from './consent.ts'
import {
  alreadyAnswered,
  declined,
  finishInteraction,
  reopenInteraction,
  type OpenInteraction,
} from './interaction.ts'
import { toRedirectHost, toShownAccount, toShownClient, toShownSubjects } from './pages.ts'
import type { InteractionParts } from './parts.ts'
import { switchAccount } from './sign-in.ts'

/** Shows what the client asks for, and what the person can connect it to. */
export async function showConsent(
  parts: InteractionParts,
  ctx: Context,
  open: OpenInteraction,
): Promise<void> {
  const account = await signedInAccount(parts, ctx, open)
  if (!account) return switchAccount(parts, ctx, open.interaction, 'account_changed')
  await render(parts, ctx, open, { account, offer: await loadOffer(parts, account, open) })
}

/** Takes the person's decision: once, and only for what the person may connect now. */
export async function submitConsent(
  parts: InteractionParts,
  ctx: Context,
  open: OpenInteraction,
  form: Readonly<Record<string, unknown>>,
): Promise<void> {
  const account = await signedInAccount(parts, ctx, open)
  if (!account) throw new errors.InvalidRequest('the person signed in has changed', 403)
  const offer = await loadOffer(parts, account, open)
  const decision = toDecision(form, offer)
  if (decision.kind === 'incomplete') {
    ctx.status = 422
    await render(parts, ctx, open, {
      account,
      offer,
      chosen: form['subject'],
      problem: decision.problem,
    })
    return
  }

  const { interaction } = open
  // Of two posts at once, one decides.
  const isFirst = await parts.config.storage.records('Interaction').consume(interaction.uid)
  if (!isFirst) throw alreadyAnswered(interaction)
  try {
    if (decision.kind === 'decline') return await finishInteraction(ctx, interaction, declined)
    const consent = { grantId: await saveGrant(parts, account, open, decision.subject) }
    await finishInteraction(ctx, interaction, { ...interaction.lastSubmission, consent })
  } catch (error) {
    await reopenInteraction(interaction)
    throw error
  }
}

async function saveGrant(
  { provider, config }: InteractionParts,
  { accountId }: Account,
  { client, scopes }: OpenInteraction,
  subject: string,
): Promise<string> {
  const grant: Grant = new provider.Grant({ accountId, clientId: client.clientId })
  grant.subject = subject
  // The framework holds a token against both lists: a scope missing in one asks for consent for ever.
  grant.addOIDCScope([...scopes])
  grant.addResourceScope(config.resourceServer.audience, [...scopes])
  return grant.save()
}

/** The person the interaction is with; undefined where the host now has somebody else, or nobody. */
async function signedInAccount(
  { config: { accounts } }: InteractionParts,
  ctx: Context,
  { interaction }: OpenInteraction,
): Promise<Account | undefined> {
  const accountId = interaction.session?.accountId
  const isSame = !accounts.signedIn || (await accounts.signedIn(hostContext(ctx))) === accountId
  const account = isSame && accountId ? await accounts.find(accountId) : undefined
  // The id that the person signed in with counts, whatever else the host calls the same person.
  return account && accountId ? { ...account, accountId } : undefined
}

async function loadOffer(
  { config }: InteractionParts,
  { accountId }: Account,
  { interaction, subjectType }: OpenInteraction,
): Promise<readonly SubjectChoice[]> {
  const choices = await loadSubjectChoices(config.accounts, accountId, subjectType)
  return toOffer(choices, requestedSubject(interaction.params))
}

interface Shown {
  readonly account: Account
  readonly offer: readonly SubjectChoice[]
  readonly chosen?: unknown
  readonly problem?: DecisionProblem
}

async function render(
  { config, views, formTokens, logos }: InteractionParts,
  ctx: Context,
  open: OpenInteraction,
  { account, offer, chosen, problem }: Shown,
): Promise<void> {
  const action = toInteractionUrl(config.issuer, open.interaction.uid)
  const page = views.page(ctx)
  ctx.body = page.render(
    offer.some(({ mayConnect }) => mayConnect) ? 'consent' : 'cannot-connect',
    {
      client: await toShownClient(open.client, logos),
      account: toShownAccount(account),
      subjectType: open.subjectType,
      subjects: toShownSubjects(offer, chosen),
      scopes: toShownScopes(open.scopes, config.resourceServer.scopes, page),
      lifetimeDays: Math.ceil(config.lifetimes.grant / 86_400),
      redirectHost: toRedirectHost(open),
      action,
      switchAction: `${action}/switch-account`,
      csrf: formTokens.create(open.interaction),
      error: problem ? `consent.problem.${problem}` : null,
    },
  )
}
