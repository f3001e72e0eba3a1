import type { Context } from 'koa'
import type Provider from 'oidc-provider'
import type { Client, InteractionResults } from 'oidc-provider'
import type { Config } from '../config/config.ts'
import type { Connections } from '../grants/connections.ts'
import type { ConnectionEvent } from '../grants/events.ts'
import { rememberClient } from '../http/request-context.ts'
import { subjectTypeOf } from '../oidc/authorization-parameters.ts'
import { notOpen } from '../oidc/interaction-outcomes.ts'
import type { FindShownClient } from '../oidc/framework-clients.ts'
import type { Logos } from '../pages/logos/logos.ts'
import { rememberUiLocales } from '../pages/reader.ts'
import type { ConsentData } from '../pages/page-data.ts'
import type { LocalizedPage, Views } from '../pages/pages.ts'
import { toShownClient } from '../pages/shown-client.ts'
import { toInteractionPath, toInteractionUrl } from '../paths.ts'
import type { OrganizationCompanies } from '../pleo/accounts.ts'
import { toScopeNames } from '../pleo/scopes.ts'
import type { SubjectType } from '../pleo/subject.ts'
import type { FormTokens, TokenBase } from './form-tokens.ts'

/** Hears what people do. */
export interface PeopleTeller {
  signedIn(
    told: { readonly accountId: string; readonly at: 'page' | 'host' } & Partial<AskingClient>,
  ): void
  /** `typed` is the name that was typed. */
  signInRefused(typed: string, request: Partial<AskingClient>): void
  consented(told: Consented): void
  declined(told: AskingClient & { readonly accountId?: string }): void
}

interface AskingClient {
  readonly clientId: string
}

/** The access that a person allowed. */
interface Consented extends ConnectionEvent {
  readonly shown: ConsentedTerms
}

/** The terms that a page for the consent showed. Names and addresses are those without a language tag. */
export interface ConsentedTerms {
  /** The scopes that come with every "Allow". */
  readonly required: readonly string[]
  /** The scopes that the person could leave out. */
  readonly optional: readonly string[]
  /** The name of the company or organization. */
  readonly subjectName: string
  readonly clientName: string
  /** Whether the page said that Pleo knows the client. */
  readonly isVerified: boolean
  /** How long the access lasts at most, in days. */
  readonly lifetimeDays: number
  /** The days without use after which the access ends sooner. */
  readonly unusedDays?: number
  /** The companies of the organization, if the host says them. */
  readonly companies?: OrganizationCompanies
  readonly tosUri?: string
  readonly policyUri?: string
}

/** The objects that the pages of this room need. */
export interface PageParts {
  readonly provider: Provider
  readonly findClient: FindShownClient
  readonly config: Config
  readonly views: Views
  readonly formTokens: FormTokens
  readonly logos: Logos
  readonly connections: Connections
  readonly people: PeopleTeller
  /** Asks the host for the person with this name and password. Throws if there were too many attempts. */
  readonly authenticate: (
    credentials: { readonly username: string; readonly password: string },
    ctx: Context,
  ) => Promise<string | undefined>
}

/** One request to one person, from the redirect to the sign-in page to the answer. */
export type Interaction = InstanceType<Provider['Interaction']>

/** An interaction that this request of the browser may answer, with the client that started it. */
export interface OpenInteraction extends PageParts {
  readonly ctx: Context
  readonly interaction: Interaction
  /** The forms of its pages are tied to it. */
  readonly formBase: TokenBase
  readonly client: Client
  readonly subjectType: SubjectType
  readonly redirectUri: string
  readonly scopes: readonly string[]
}

/**
 * The interaction of this request. The framework checks that it was started in this browser, and that nobody else has signed in
 * there since.
 *
 * @throws the error of `notOpen` if it is over or expired, or if it is of another browser or another person
 */
export async function openInteraction(parts: PageParts, ctx: Context): Promise<OpenInteraction> {
  const { provider } = parts
  const interaction = await provider.interactionDetails(ctx.req, ctx.res)
  const { client_id: clientId } = interaction.params
  const client = typeof clientId === 'string' ? await provider.Client.find(clientId) : undefined
  const isOfPath = interaction.uid === ctx['params'].uid
  return toOpenInteraction(parts, ctx, interaction, isOfPath ? client : undefined)
}

/**
 * An interaction of this browser and this person, with its client.
 *
 * @throws the error of `notOpen` if there is no client
 */
export function toOpenInteraction(
  parts: PageParts,
  ctx: Context,
  interaction: Interaction,
  client: Client | undefined,
): OpenInteraction {
  const { uid, prompt, session } = interaction
  const { redirect_uri: redirectUri, scope, ui_locales: uiLocales } = interaction.params
  rememberUiLocales(ctx, uiLocales)
  if (!client || typeof redirectUri !== 'string') throw notOpen('interaction session not found')
  rememberClient(ctx, client)
  return {
    ...parts,
    ctx,
    interaction,
    // The value of its cookie is its id.
    formBase: {
      uid,
      prompt,
      session,
      cookie: uid,
      path: toInteractionPath(parts.provider.issuer, uid),
    },
    client,
    subjectType: subjectTypeOf(client),
    redirectUri,
    scopes: toScopeNames(scope),
  }
}

/**
 * The part that all pages of an interaction have.
 *
 * @param agreed - the terms that the page shows, to which the person agrees with its form
 */
export function toFrame(
  { config, logos, formTokens, client, interaction, formBase, redirectUri }: OpenInteraction,
  { language }: LocalizedPage,
  agreed?: readonly unknown[],
): Pick<ConsentData, 'client' | 'action' | 'switchAction' | 'csrf'> {
  const action = toInteractionUrl(config.issuer, interaction.uid)
  return {
    client: toShownClient(client, logos, language, [redirectUri]),
    action,
    switchAction: `${action}/switch-account`,
    csrf: formTokens.create(formBase, agreed),
  }
}

/** Saves the answer of the person and sends the browser on to the authorization endpoint. */
export async function finishInteraction(
  { ctx, interaction }: OpenInteraction,
  result: InteractionResults,
): Promise<void> {
  interaction.result = result
  await interaction.persist()
  redirect(ctx, interaction.returnTo)
}

/** Sends the browser on with GET, after a request with any method (RFC 9110, Section 15.4.4). */
export function redirect(ctx: Context, url: string): void {
  ctx.status = 303
  ctx.redirect(url)
}
