import type { Context } from 'koa'
import { toInteractionUrl } from '../provider/routes.ts'
import { finishInteraction, redirect, type Interaction } from './interaction.ts'
import type { PageParts } from './parts.ts'
import { endSession } from './session.ts'

/** The person is known: goes on with the request as that person. */
export async function signIn(
  { provider, config }: Pick<PageParts, 'provider' | 'config'>,
  ctx: Context,
  interaction: Interaction,
  accountId: string,
): Promise<void> {
  if (!(await config.accounts.find(accountId))) {
    // Going on would lead straight back to the sign-in, without an end.
    throw new TypeError('accounts.find does not know the person who just signed in')
  }
  const session = await provider.Session.get(ctx)
  // Left to itself, the framework signs the other person out first, and ends grants with it.
  if (session.accountId !== undefined && session.accountId !== accountId) {
    await endSession(provider, ctx)
    delete interaction.session
  }
  // Nothing of what was decided before: it may have been somebody else.
  await finishInteraction(ctx, interaction, { login: { accountId, remember: true } })
}

/** The same request again from the sign-in page, for a person who is or wants to be somebody else. */
export async function switchAccount(
  { provider, config }: Pick<PageParts, 'provider' | 'config'>,
  ctx: Context,
  interaction: Interaction,
  reason: 'switch_account' | 'account_changed',
): Promise<void> {
  await endSession(provider, ctx)
  delete interaction.session
  delete interaction.lastSubmission
  interaction.prompt = { name: 'login', reasons: [reason], details: {} }
  await interaction.persist()
  redirect(ctx, toInteractionUrl(config.issuer, interaction.uid))
}
