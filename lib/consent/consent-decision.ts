import type { InteractionResults } from 'oidc-provider'
import { ProtocolError } from '../errors.ts'
import {
  declined,
  forgetOutcome,
  outcomeLifetime,
  saveOutcome,
  toSessionMark,
} from '../oidc/interaction-outcomes.ts'
import type { Grant } from '../oidc/internals.ts'
import { toInteractionPath } from '../paths.ts'
import type { Account } from '../pleo/accounts.ts'
import { soon } from './answered.ts'
import {
  loadQuestion,
  renderConsent,
  toAgreed,
  toShownFacts,
  toTicked,
  type Question,
} from './consent-page.ts'
import type { PostedForm } from './form-tokens.ts'
import { finishInteraction, redirect, type OpenInteraction } from './interaction.ts'
import { accountOf } from './signed-in.ts'

/** The decision in a posted form. The words for a problem are in the catalogues, below `consent.problem`. */
export type Decision =
  | { readonly kind: 'decline' }
  | {
      readonly kind: 'incomplete'
      readonly problem: 'noDecision' | 'noSubject' | 'notAllowed' | 'noScope' | 'changed'
    }
  | { readonly kind: 'allow'; readonly subject: string; readonly scopes: readonly string[] }

/**
 * Takes the person's decision on the consent page. "Allow" saves a grant and sends the browser on to the authorization endpoint,
 * which gives the client its code. Only the first post counts, and only for a subject that the person may connect now.
 */
export async function submitConsent(open: OpenInteraction, form: PostedForm): Promise<void> {
  const account = await accountOf(open)
  if (!account) {
    throw new ProtocolError('invalid_request', 'the person signed in has changed', 403)
  }
  const question = await loadQuestion(open, account)
  const decision = toDecision(form, question)
  // Nobody agrees to terms that the page did not show.
  const isShown = open.formTokens.hasShown(form['csrf'], toAgreed(open, question))
  const problem = decision.kind === 'incomplete' ? decision.problem : undefined
  if (problem || (decision.kind === 'allow' && !isShown)) {
    open.ctx.status = 422
    const shown = isShown && problem ? problem : 'changed'
    return renderConsent(open, question, { form, problem: shown })
  }

  const { config, interaction } = open
  // If the form is posted twice at once, only the first post counts.
  const isFirst = await config.storage.records('Interaction').consume(interaction.uid)
  if (!isFirst) return goOnWithFirst(open)
  try {
    if (decision.kind !== 'allow') return await decide(open)
    const grantId = await saveGrant(open, account, decision)
    const result = { ...interaction.lastSubmission, consent: { grantId } }
    await decide(open, { subject: decision.subject, result })
    const { accountId } = account
    const { clientId } = open.client
    const { kind: _, ...allowed } = decision
    const shown = toShownFacts(open, question, decision.subject)
    open.people.consented({ grantId, accountId, clientId, ...allowed, shown })
  } catch (error) {
    await letDecideAgain(open)
    throw error
  }
}

/**
 * Reads the decision in a posted form. Checks it against the subjects and the scopes that are possible now: they may have changed
 * since the page was shown.
 */
export function toDecision(
  form: PostedForm,
  { offer, terms }: Pick<Question, 'offer' | 'terms'>,
): Decision {
  if (form['decision'] === 'decline') return { kind: 'decline' }
  if (form['decision'] !== 'allow') return { kind: 'incomplete', problem: 'noDecision' }
  if (form['subject'] === undefined) return { kind: 'incomplete', problem: 'noSubject' }
  const subject = offer.find(({ urn, mayConnect }) => mayConnect && urn === form['subject'])
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

async function saveGrant(
  { provider, config, client, scopes: requested }: OpenInteraction,
  { accountId }: Account,
  { subject, scopes }: { readonly subject: string; readonly scopes: readonly string[] },
): Promise<string> {
  const grant: Grant = new provider.Grant({ accountId, clientId: client.clientId })
  grant.subject = subject
  grant.requestedScope = requested.join(' ')
  // The framework checks both lists. If a scope is missing in one, it asks for consent without an end.
  grant.addOIDCScope([...scopes])
  grant.addResourceScope(config.resourceServer.audience, [...scopes])
  return grant.save()
}

/** Goes on with the decision that was posted first, as soon as it is stored. */
async function goOnWithFirst({
  provider,
  ctx,
  interaction: { uid, returnTo },
}: OpenInteraction): Promise<void> {
  const isStored = await soon(async () => {
    const found = await provider.Interaction.find(uid)
    return !found || found.result ? true : undefined
  }, 10)
  if (isStored) return redirect(ctx, returnTo)
  // The process that took the first post may have died.
  throw Object.assign(
    new ProtocolError('invalid_request', 'this request was already answered', 409),
    { words: 'answered', continueUrl: returnTo },
  )
}

/**
 * Ends an interaction with the decision of the person, who can see it again for an hour. If nobody is signed in, it is stored only
 * when the interaction ends, so that a stranger has one small record at a time.
 *
 * @param allowed - left out if the person said no
 */
export async function decide(
  open: OpenInteraction,
  allowed?: { readonly subject: string; readonly result: InteractionResults },
): Promise<void> {
  const { ctx, interaction } = open
  const { storage } = open.config
  const { accountId } = interaction.session ?? {}
  if (accountId !== undefined) {
    // First the outcome: nobody could tell the person of it if the interaction ended without it.
    await saveOutcome(storage, interaction.uid, {
      kind: allowed ? 'allowed' : 'declined',
      clientId: open.client.clientId,
      accountId,
      session: toSessionMark(open.provider, ctx),
      ...(allowed && { subject: allowed.subject }),
    })
  }
  await finishInteraction(open, allowed?.result ?? declined)
  const { clientId } = open.client
  if (!allowed) open.people.declined({ clientId, ...(accountId !== undefined && { accountId }) })
  keepCookie(open)
}

/** Lets the browser show the outcome for another hour. */
function keepCookie({ provider, config, ctx, interaction: { uid } }: OpenInteraction): void {
  ctx.cookies.set(provider.cookieName('interaction'), uid, {
    path: toInteractionPath(config.issuer, uid),
    signed: true,
    httpOnly: true,
    sameSite: 'lax',
    overwrite: true,
    maxAge: outcomeLifetime * 1000,
  })
}

/** Lets the person decide again if the decision could not be stored. */
async function letDecideAgain({ config, interaction }: OpenInteraction): Promise<void> {
  delete interaction.result
  await interaction.destroy()
  await interaction.persist()
  await forgetOutcome(config.storage, interaction.uid)
}
