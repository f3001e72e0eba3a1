import type { InteractionResults } from 'oidc-provider'
import { personAtHost, type PersonAtHost } from '../oidc/accounts.ts'
import { maxAgeParameter } from '../oidc/read-parameters.ts'
import { toInteractionUrl } from '../paths.ts'
import {
  finishInteraction,
  redirect,
  type Interaction,
  type OpenInteraction,
} from './interaction.ts'
import { signIn } from './signed-in.ts'

/** How often a person may come back from the host without a new sign-in, in one interaction. */
const maxReturns = 10

/**
 * Continues as the person who is signed in at the host, or sends the browser there. If the client wants a new sign-in, the browser
 * is sent there until the host says that the person signed in. It is sent once if the host does not say when people sign in.
 */
export async function signInAtHost(open: OpenInteraction): Promise<void> {
  const { ctx, interaction } = open
  const { accounts, issuer } = open.config
  const { details } = interaction.prompt
  const mustAsk = toHostPrompt(interaction) !== undefined && details['sentToHost'] !== true
  const person = mustAsk ? undefined : await personAtHost(accounts, ctx)
  if (person && isRecent(person, interaction)) {
    return signIn(open, person.accountId)
  }
  const returns = Number(details['returns'] ?? 0) + (person ? 1 : 0)
  if (returns > maxReturns) return finishInteraction(open, notSignedInAnew)
  await noteSending(interaction, { isTooOld: person !== undefined, returns })
  redirect(ctx, toHostUrl(interaction, accounts.signInUrl ?? '', issuer))
}

/** The end of the loop with a host that sends people straight back. */
const notSignedInAnew: InteractionResults = {
  error: 'login_required',
  error_description: 'the person did not sign in anew',
}

/** Whether the sign-in is as recent as the client wants. If the host does not say when it was, it counts as recent. */
function isRecent({ authenticatedAt }: PersonAtHost, interaction: Interaction): boolean {
  if (authenticatedAt === undefined) return true
  const { sentToHostAt = Infinity } = interaction.prompt.details as { sentToHostAt?: number }
  if (toHostPrompt(interaction) === 'login') {
    return authenticatedAt >= Math.floor(sentToHostAt / 1000) * 1000
  }
  const { [maxAgeParameter]: maxAge = Infinity } = interaction.params
  return Date.now() - authenticatedAt <= Number(maxAge) * 1000
}

/** Notes the first time only: a person who has the page open twice signs in once. */
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

/** Whether the host must ask for the password, or only for the account. */
function toHostPrompt({ prompt, params }: Interaction): 'login' | 'select_account' | undefined {
  const isOneOf = (...names: readonly string[]) =>
    names.some((name) => prompt.reasons.includes(name))
  // The reasons say nothing of it if the person is another one now.
  const { prompt: asked } = params
  const isWanted = typeof asked === 'string' && asked.split(' ').includes('login')
  if (isWanted || isOneOf('login_prompt', 'max_age_passed')) return 'login'
  return isOneOf('switch_account', 'account_selection') ? 'select_account' : undefined
}
