import type { IntrospectionResponse, TokenEndpointResponse } from 'oauth4webapi'
import type { AuthorizationRequest } from './attempt.ts'
import { Refusal } from '../terminal/refusals.ts'
import { requireEndpoint, type Partner } from './partner.ts'

/** The steps of the flow that the options ask for. */
export interface Plan {
  readonly request: AuthorizationRequest
  readonly isRefreshed: boolean
  readonly isRevoked: boolean
}

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

/** Checks, before the person has to do anything, that the server has all endpoints that the plan needs. */
export function requireAll({ metadata }: Partner, { request, isRevoked }: Plan): void {
  requireEndpoint(metadata, 'authorization_endpoint', 'the flow')
  requireEndpoint(metadata, 'token_endpoint', 'the flow')
  if (request.isPushed) requireEndpoint(metadata, 'pushed_authorization_request_endpoint', '--par')
  if (isRevoked) requireEndpoint(metadata, 'revocation_endpoint', '--revoke')
}

/**
 * Performs the flow.
 *
 * @param comeBack - waits for the browser
 */
export async function walk(
  partner: Partner,
  { request, isRefreshed, isRevoked }: Plan,
  narrator: Narrator,
  comeBack: () => Promise<URL>,
): Promise<Outcome> {
  if (request.isPushed) narrator.step('Pushing the authorization request')
  const attempt = await partner.begin(request)
  // A pushed request was checked already, and can be used only once.
  if (!request.isPushed) {
    narrator.step('Asking whether the browser would be sent back')
    await partner.check(attempt)
  }
  narrator.show(attempt.url)
  const answer = await comeBack()
  const isCode = answer.searchParams.has('code')
  narrator.step(
    `The browser came back: checking the answer, ${isCode ? 'exchanging its code for tokens' : 'which has no code'}`,
  )
  const tokens = await attempt.redeem(answer)

  let newest = tokens
  const use = async (): Promise<Omit<Outcome, 'revoked'>> => {
    const introspection = await introspect(partner, narrator, tokens)
    if (!isRefreshed) return { tokens, introspection, refreshed: undefined }
    // If the server sends no new refresh token, the old one stays valid.
    newest = { ...tokens, ...(await refresh(partner, narrator, tokens)) }
    const old = await introspect(partner, narrator, tokens, 'Is the one before still active?')
    return { tokens, introspection, refreshed: { tokens: newest, isStillActive: old?.active } }
  }
  const used = await use().catch(async (error: unknown) => {
    // Tokens that are to be revoked must not stay valid because another step fails.
    if (isRevoked) await revoke(partner, narrator, newest)
    throw error
  })
  if (!isRevoked) return { ...used, revoked: undefined }
  await revoke(partner, narrator, newest)
  const ended = await introspect(partner, narrator, newest, 'Is the access token still active?')
  return { ...used, revoked: { isStillActive: ended?.active } }
}

async function introspect(
  { introspect: ask }: Partner,
  { step }: Narrator,
  { access_token: token }: TokenEndpointResponse,
  title = 'Introspecting the access token',
): Promise<IntrospectionResponse | undefined> {
  if (!ask) return undefined
  step(title)
  return ask(token)
}

async function refresh(
  partner: Partner,
  { step }: Narrator,
  { refresh_token: token }: TokenEndpointResponse,
): Promise<TokenEndpointResponse> {
  if (token === undefined) throw new Refusal('there is no refresh token, and --refresh needs one')
  step('Refreshing')
  return partner.refresh(token)
}

async function revoke(
  partner: Partner,
  { step }: Narrator,
  { refresh_token: refreshToken, access_token: accessToken }: TokenEndpointResponse,
): Promise<void> {
  step('Revoking')
  await partner.revoke(refreshToken ?? accessToken)
}
