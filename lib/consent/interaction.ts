import type { Context } from 'koa'
import type Provider from 'oidc-provider'
import { errors, type Client, type InteractionResults } from 'oidc-provider'
import { rememberClient } from '../http/request-context.ts'
import { rememberUiLocales } from '../pages/page-language.ts'
import { checkRegistration, subjectTypeOf } from '../oidc/authorization-parameters.ts'
import { toInteractionPath } from '../paths.ts'
import { toScopeNames } from '../pleo/scopes.ts'
import type { SubjectType } from '../pleo/subject.ts'
import type { TokenBase } from './csrf.ts'

/** One request to one person, from the redirect to the sign-in page to the answer. */
export type Interaction = InstanceType<Provider['Interaction']>

/** An interaction with the client that started it. */
export interface OpenInteraction {
  readonly interaction: Interaction
  /** What its forms are tied to. */
  readonly formBase: TokenBase
  readonly client: Client
  readonly subjectType: SubjectType
  readonly redirectUri: string
  readonly scopes: readonly string[]
}

/**
 * The interaction of this request. The framework checks that the browser is the one it was started
 * in, and that nobody else signed in there meanwhile.
 *
 * @throws SessionNotFound where it is over, expired, of another browser or another person
 */
export async function openInteraction(provider: Provider, ctx: Context): Promise<OpenInteraction> {
  const interaction = await provider.interactionDetails(ctx.req, ctx.res)
  rememberUiLocales(ctx, interaction.params['ui_locales'])
  const { client_id: clientId, redirect_uri: redirectUri, scope } = interaction.params
  const client = typeof clientId === 'string' ? await provider.Client.find(clientId) : undefined
  if (interaction.uid !== ctx['params'].uid || !client || typeof redirectUri !== 'string') {
    throw new errors.SessionNotFound('interaction session not found')
  }
  rememberClient(ctx, client)
  return {
    interaction,
    formBase: {
      uid: interaction.uid,
      prompt: interaction.prompt,
      session: interaction.session,
      cookie: ctx.cookies.get(provider.cookieName('interaction')),
      path: toInteractionPath(provider.issuer, interaction.uid),
    },
    client,
    subjectType: subjectTypeOf(client),
    redirectUri,
    scopes: toScopeNames(scope),
  }
}

/** Saves what the person decided and sends the browser on to the authorization endpoint. */
export async function finishInteraction(
  ctx: Context,
  interaction: Interaction,
  result: InteractionResults,
): Promise<void> {
  interaction.result = result
  await interaction.persist()
  redirect(ctx, interaction.returnTo)
}

/**
 * Ends an interaction in which the client asked for what it is not registered for any more: the client is told. Resolves to
 * whether it did.
 *
 * @throws InvalidRedirectUri where the client lost the redirect URI
 */
export async function endUnregistered(
  ctx: Context,
  { interaction, client }: OpenInteraction,
): Promise<boolean> {
  try {
    checkRegistration(client, interaction.params)
    return false
  } catch (refusal) {
    const isTold = refusal instanceof errors.OIDCProviderError
    if (!isTold || refusal instanceof errors.InvalidRedirectUri) throw refusal
    const { error, error_description } = refusal
    await finishInteraction(ctx, interaction, { error, error_description })
    return true
  }
}

/** Lets the person decide again where the decision could not be stored. */
export async function reopenInteraction(interaction: Interaction): Promise<void> {
  delete interaction.result
  await interaction.destroy()
  await interaction.persist()
}

/** Sends the browser on with GET, whatever brought it here (RFC 9110, Section 15.4.4). */
export function redirect(ctx: Context, url: string): void {
  ctx.status = 303
  ctx.redirect(url)
}

/** The error of an interaction that has its answer, with the way on for a person who clicked twice. */
export const alreadyAnswered = (returnTo: string): Error =>
  Object.assign(new errors.InvalidRequest('this request was already answered', 409), {
    words: 'answered',
    continueUrl: returnTo,
  })
