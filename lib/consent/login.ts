import type { Context } from 'koa'
import type { InteractionResults } from 'oidc-provider'
import { hostContext } from '../http/request-context.ts'
import { personAtHost, type PersonAtHost } from '../oidc/accounts.ts'
import { maxAgeParameter } from '../oidc/read-parameters.ts'
import { toInteractionUrl } from '../paths.ts'
import { decline } from './decide.ts'
import {
  finishInteraction,
  redirect,
  type Interaction,
  type OpenInteraction,
} from './interaction.ts'
import { toShownClient } from './shown-client.ts'
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
    ? await parts.config.accounts.authenticate?.(
        { username: username.trim(), password },
        hostContext(ctx),
      )
    : undefined
  if (accountId) return signIn(parts, ctx, open.interaction, accountId)
  ctx.status = 422
  await renderLogin(parts, ctx, open, 'login.problem.mismatch', username)
}

async function renderLogin(
  { config, views, formTokens, logos }: PageParts,
  ctx: Context,
  { client, interaction, formBase, redirectUri }: OpenInteraction,
  error: string | null,
  username: unknown = interaction.params['login_hint'],
): Promise<void> {
  const page = views.page(ctx)
  ctx.body = page.render('login', {
    client: toShownClient(client, logos, page.language, [redirectUri]),
    action: toInteractionUrl(config.issuer, interaction.uid),
    csrf: formTokens.create(formBase),
    username: typeof username === 'string' ? username : '',
    error,
  })
}

/** How often a person is sent to the host for one request, who comes back without having signed in anew. */
const maxReturns = 10

/**
 * Takes the person who is signed in at the host, or sends the browser there. Whoever must sign in anew is sent there although
 * somebody is signed in: until the host says that it was done or, if it does not say when people sign in, once.
 */
async function signInAtHost(
  parts: PageParts,
  ctx: Context,
  { interaction }: OpenInteraction,
): Promise<void> {
  const { accounts, issuer } = parts.config
  const { details } = interaction.prompt
  const mustAsk = toHostPrompt(interaction) !== undefined && details['sentToHost'] !== true
  const person = mustAsk ? undefined : await personAtHost(accounts, ctx)
  if (person && isRecent(person, interaction)) {
    return signIn(parts, ctx, interaction, person.accountId)
  }
  const returns = Number(details['returns'] ?? 0) + (person ? 1 : 0)
  if (returns > maxReturns) return finishInteraction(ctx, interaction, notSignedInAnew)
  await noteSending(interaction, { isTooOld: person !== undefined, returns })
  redirect(ctx, toHostUrl(interaction, accounts.signInUrl ?? '', issuer))
}

/** A host that sends people straight back would otherwise do so for ever. */
const notSignedInAnew: InteractionResults = {
  error: 'login_required',
  error_description: 'the person did not sign in anew',
}

/** Whether the person signed in when the client wants it, as far as the host says when that was. */
function isRecent({ authenticatedAt }: PersonAtHost, interaction: Interaction): boolean {
  if (authenticatedAt === undefined) return true
  const { sentToHostAt = Infinity } = interaction.prompt.details as { sentToHostAt?: number }
  if (toHostPrompt(interaction) === 'login') {
    return authenticatedAt >= Math.floor(sentToHostAt / 1000) * 1000
  }
  const { [maxAgeParameter]: maxAge = Infinity } = interaction.params
  return Date.now() - authenticatedAt <= Number(maxAge) * 1000
}

/** The first time counts: whoever has the page open twice signs in once. */
async function noteSending(
  interaction: Interaction,
  { isTooOld, returns }: { readonly isTooOld: boolean; readonly returns: number },
): Promise<void> {
  const { prompt } = interaction
  const { sentToHostAt = Date.now() } = prompt.details
  const details = { ...prompt.details, sentToHost: true, sentToHostAt, returns }
  const reasons = isTooOld ? [...new Set([...prompt.reasons, 'login_prompt'])] : prompt.reasons
  interaction.prompt = { ...prompt, reasons, details }
  await interaction.persist()
}

function toHostUrl(interaction: Interaction, signInUrl: string, issuer: string): string {
  const target = new URL(signInUrl, issuer)
  target.searchParams.set('return_to', toInteractionUrl(issuer, interaction.uid))
  const prompt = toHostPrompt(interaction)
  if (prompt) target.searchParams.set('prompt', prompt)
  for (const name of ['login_hint', 'ui_locales']) {
    const value = interaction.params[name]
    if (typeof value === 'string') target.searchParams.set(name, value)
  }
  return target.href
}

/** Whether the host is to ask for the password, or which account; to ask for the password is the stronger of the two. */
function toHostPrompt({ prompt, params }: Interaction): 'login' | 'select_account' | undefined {
  const isOneOf = (...names: readonly string[]) =>
    names.some((name) => prompt.reasons.includes(name))
  // Also when the person is another one meanwhile, for a client that wants a new sign-in.
  const { prompt: asked } = params
  const isWanted = typeof asked === 'string' && asked.split(' ').includes('login')
  if (isWanted || isOneOf('login_prompt', 'max_age_passed')) return 'login'
  return isOneOf('switch_account', 'account_selection') ? 'select_account' : undefined
}
