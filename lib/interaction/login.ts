import type { Context } from 'koa'
import { hostContext } from '../http/host-context.ts'
import { toInteractionUrl } from '../provider/routes.ts'
import { decline } from './decide.ts'
import { redirect, type OpenInteraction } from './interaction.ts'
import { toShownClient } from './pages.ts'
import type { PageParts } from './parts.ts'
import { signIn } from './sign-in.ts'

/** Signs the person in: by the page with a password, or at the host. */
export async function showLogin(
  parts: PageParts,
  ctx: Context,
  open: OpenInteraction,
): Promise<void> {
  if (parts.config.accounts.signedIn) await signInAtHost(parts, ctx, open)
  else await renderLogin(parts, ctx, open, null)
}

/** Takes what the person typed. */
export async function submitLogin(
  parts: PageParts,
  ctx: Context,
  open: OpenInteraction,
  form: Readonly<Record<string, unknown>>,
): Promise<void> {
  if (form['decision'] === 'decline') return decline(parts, ctx, open)
  const { username, password } = form
  const isComplete = typeof username === 'string' && typeof password === 'string'
  const accountId = isComplete
    ? await parts.config.accounts.authenticate?.({ username: username.trim(), password })
    : undefined
  if (accountId) return signIn(parts, ctx, open.interaction, accountId)
  ctx.status = 422
  await renderLogin(parts, ctx, open, 'login.problem.mismatch', username)
}

async function renderLogin(
  { config, views, formTokens, logos }: PageParts,
  ctx: Context,
  { client, interaction }: OpenInteraction,
  error: string | null,
  username: unknown = interaction.params['login_hint'],
): Promise<void> {
  const page = views.page(ctx)
  ctx.body = page.render('login', {
    client: toShownClient(client, logos, page.language),
    action: toInteractionUrl(config.issuer, interaction.uid),
    csrf: formTokens.create(interaction),
    username: typeof username === 'string' ? username : '',
    error,
  })
}

/**
 * Takes the person who is signed in at the host, or sends the browser there. Whoever must sign in
 * anew is sent there once, even when somebody is signed in.
 */
async function signInAtHost(
  parts: PageParts,
  ctx: Context,
  { interaction }: OpenInteraction,
): Promise<void> {
  const { accounts, issuer } = parts.config
  const { reasons, details } = interaction.prompt
  const prompt = toHostPrompt(reasons)
  const mustAsk = prompt !== undefined && details['sentToHost'] !== true
  const accountId = mustAsk ? undefined : await accounts.signedIn?.(hostContext(ctx))
  if (accountId) return signIn(parts, ctx, interaction, accountId)

  interaction.prompt = { ...interaction.prompt, details: { ...details, sentToHost: true } }
  await interaction.persist()
  const target = new URL(accounts.signInUrl ?? '', issuer)
  target.searchParams.set('return_to', toInteractionUrl(issuer, interaction.uid))
  if (prompt) target.searchParams.set('prompt', prompt)
  for (const name of ['login_hint', 'ui_locales']) {
    const value = interaction.params[name]
    if (typeof value === 'string') target.searchParams.set(name, value)
  }
  redirect(ctx, target.href)
}

/** Whether the host is to ask for the password, or which account; to ask for the password is the stronger of the two. */
function toHostPrompt(reasons: readonly string[]): 'login' | 'select_account' | undefined {
  const isOneOf = (...names: readonly string[]) => names.some((name) => reasons.includes(name))
  if (isOneOf('login_prompt', 'max_age_passed')) return 'login'
  return isOneOf('switch_account', 'account_selection') ? 'select_account' : undefined
}
