import type { IntrospectionResponse, TokenEndpointResponse } from 'oauth4webapi'
import { Refusal } from '../terminal/refusals.ts'
import { begin, check, redeem } from './attempt.ts'
import type { Partner, TryOptions } from './partner.ts'
import { asSent } from './wire.ts'

/** The result of the flow. */
export interface Outcome {
  readonly tokens: TokenEndpointResponse
  /** `undefined` if the server has no introspection for this client. */
  readonly introspection: IntrospectionResponse | undefined
  /** The tokens after the refresh, and the state of the access token before it. */
  readonly refreshed: (Ended & { readonly tokens: TokenEndpointResponse }) | undefined
  readonly revoked: Ended | undefined
}

interface Ended {
  /** Whether an access token is active that should have ended; `undefined` if the server does not say. */
  readonly isStillActive: boolean | undefined
}

/** Tells the person what happens. */
export interface Narrator {
  readonly step: (text: string) => void
  /** Shows the URL to open. */
  readonly show: (url: URL) => void
}

/**
 * Performs the flow.
 *
 * @param comeBack - waits for the browser
 */
export async function walk(
  partner: Partner,
  options: TryOptions,
  { step, show }: Narrator,
  comeBack: () => Promise<URL>,
): Promise<Outcome> {
  if (options.par) step('Pushing the authorization request')
  const attempt = await begin(partner, options)
  // A pushed request was checked already, and can be used only once.
  if (!options.par) {
    step('Asking whether the browser would be sent back')
    await check(partner, attempt)
  }
  show(attempt.url)
  const answer = await comeBack()
  const isCode = answer.searchParams.has('code')
  step(
    `The browser came back: checking the answer, ${isCode ? 'exchanging its code for tokens' : 'which has no code'}`,
  )
  const tokens = await redeem(partner, attempt, answer)

  let newest = tokens
  const use = async (): Promise<Omit<Outcome, 'revoked'>> => {
    const introspection = await introspect(partner, step, tokens)
    if (!options.refresh) return { tokens, introspection, refreshed: undefined }
    // If the server sends no new refresh token, the old one stays valid.
    newest = { ...tokens, ...(await refresh(partner, step, tokens)) }
    const old = await introspect(partner, step, tokens, 'Is the one before still active?')
    return { tokens, introspection, refreshed: { tokens: newest, isStillActive: old?.active } }
  }
  const used = await use().catch(async (error: unknown) => {
    // Tokens that are to be revoked must not stay valid because another step fails.
    if (options.revoke) await revoke(partner, step, newest)
    throw error
  })
  if (!options.revoke) return { ...used, revoked: undefined }
  await revoke(partner, step, newest)
  const ended = await introspect(partner, step, newest, 'Is the access token still active?')
  return { ...used, revoked: { isStillActive: ended?.active } }
}

async function introspect(
  { oauth, as, http, mayIntrospect }: Partner,
  step: Narrator['step'],
  { access_token: token }: TokenEndpointResponse,
  title = 'Introspecting the access token',
): Promise<IntrospectionResponse | undefined> {
  if (!mayIntrospect) return undefined
  step(title)
  const [metadata, client] = as
  const response = await oauth.introspectionRequest(...as, token, http)
  return oauth.processIntrospectionResponse(metadata, client, response)
}

async function refresh(
  { oauth, as, boundHttp }: Partner,
  step: Narrator['step'],
  { refresh_token: token }: TokenEndpointResponse,
): Promise<TokenEndpointResponse> {
  if (token === undefined) throw new Refusal('there is no refresh token, and --refresh needs one')
  step('Refreshing')
  const [metadata, client] = as
  const response = await oauth.refreshTokenGrantRequest(...as, token, boundHttp)
  return asSent(response, (one) => oauth.processRefreshTokenResponse(metadata, client, one))
}

async function revoke(
  { oauth, as, lastHttp }: Partner,
  step: Narrator['step'],
  { refresh_token: refreshToken, access_token: accessToken }: TokenEndpointResponse,
): Promise<void> {
  step('Revoking')
  const response = await oauth.revocationRequest(...as, refreshToken ?? accessToken, lastHttp)
  await oauth.processRevocationResponse(response)
}
