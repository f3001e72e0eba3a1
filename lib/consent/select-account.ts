import type { Context } from 'koa'
import { toInteractionUrl } from '../paths.ts'
import { decline } from './decide.ts'
import { finishInteraction, type OpenInteraction } from './interaction.ts'
import { toShownAccount, toShownClient } from './shown-client.ts'
import type { PageParts } from './parts.ts'
import { signedInAccount, switchAccount } from './sign-in.ts'

/** Asks whether to go on as the person who is signed in, or as somebody else. Nobody is signed out before the answer. */
export async function showAccount(
  parts: PageParts,
  ctx: Context,
  open: OpenInteraction,
): Promise<void> {
  const { config, views, formTokens, logos } = parts
  const account = await signedInAccount(parts, ctx, open)
  if (!account) return switchAccount(parts, ctx, open.interaction, 'account_changed')
  const action = toInteractionUrl(config.issuer, open.interaction.uid)
  const page = views.page(ctx)
  ctx.body = page.render('select-account', {
    client: toShownClient(open.client, logos, page.language, [open.redirectUri]),
    account: toShownAccount(account),
    action,
    switchAction: `${action}/switch-account`,
    csrf: formTokens.create(open.formBase),
  })
}

/** Takes the answer, which does not ask for the password again. */
export async function submitAccount(
  parts: PageParts,
  ctx: Context,
  open: OpenInteraction,
  form: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { interaction } = open
  if (form['decision'] === 'decline') return decline(parts, ctx, open)
  if (form['decision'] === 'continue') {
    const result = { ...interaction.lastSubmission, select_account: {} }
    return finishInteraction(ctx, interaction, result)
  }
  ctx.status = 422
  await showAccount(parts, ctx, open)
}
