import type { Context } from 'koa'
import type { Account } from '../pleo/accounts.ts'
import { rememberTimeZone } from '../pages/page-time-zone.ts'
import { personAtHost } from '../oidc/accounts.ts'
import { toInteractionUrl } from '../paths.ts'
import {
  finishInteraction,
  redirect,
  type Interaction,
  type OpenInteraction,
} from './interaction.ts'
import type { PageParts } from './parts.ts'
import { endSession } from './session.ts'

/** The person the interaction is with; undefined if the host now has somebody else, or nobody. */
export async function signedInAccount(
  { config: { accounts } }: Pick<PageParts, 'config'>,
  ctx: Context,
  { interaction }: OpenInteraction,
): Promise<Account | undefined> {
  const accountId = interaction.session?.accountId
  const isSame = !accounts.signedIn || (await personAtHost(accounts, ctx))?.accountId === accountId
  const account = isSame && accountId ? await accounts.find(accountId) : undefined
  rememberTimeZone(ctx, account?.timeZone)
  // The id that the person signed in with counts, whatever else the host calls the same person.
  return account && accountId ? { ...account, accountId } : undefined
}

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
