import type { Context } from 'koa'
import type Provider from 'oidc-provider'
import { finishInteraction, type Interaction } from './interaction.ts'

/** The person is known: goes on with the request as that person. */
export async function signIn(
  provider: Provider,
  ctx: Context,
  interaction: Interaction,
  accountId: string,
): Promise<void> {
  const session = await provider.Session.get(ctx)
  // Left to itself, the framework signs the other person out first, and ends grants with it.
  if (session.accountId !== undefined && session.accountId !== accountId) {
    await signOut(provider, ctx)
    delete interaction.session
  }
  await finishInteraction(ctx, interaction, {
    ...interaction.lastSubmission,
    login: { accountId, remember: true },
  })
}

/** The person wants to be somebody else: the same request again, from the sign-in page. */
export async function switchAccount(
  provider: Provider,
  ctx: Context,
  interaction: Interaction,
): Promise<void> {
  await signOut(provider, ctx)
  delete interaction.session
  delete interaction.lastSubmission
  interaction.prompt = { name: 'login', reasons: ['switch_account'], details: {} }
  await interaction.persist()
}

async function signOut(provider: Provider, ctx: Context): Promise<void> {
  const session = await provider.Session.get(ctx)
  await session.destroy()
  ctx.cookies.set(provider.cookieName('session'), null, {
    path: '/',
    httpOnly: true,
    sameSite: 'lax',
  })
}
