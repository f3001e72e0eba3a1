import type { TokenEndpointResponse } from 'oauth4webapi'
import { Refusal } from '../terminal/refusals.ts'
import type { Partner, TryOptions } from './partner.ts'
import { asSent } from './wire.ts'

/** An authorization request, with a state and a PKCE verifier of its own (RFC 7636). */
export interface Attempt {
  /** The URL for the browser. */
  readonly url: URL
  readonly redirectUri: string
  readonly state: string
  readonly verifier: string
}

/** Begins an authorization. With `--par`, sends its parameters ahead of the browser (RFC 9126). */
export async function begin(
  { oauth, as, boundHttp: http }: Partner,
  options: TryOptions,
): Promise<Attempt> {
  const [metadata, client] = as
  const state = oauth.generateRandomState()
  const verifier = oauth.generateRandomCodeVerifier()
  const redirectUri = options.redirectUri.text
  const parameters = {
    client_id: client.client_id,
    response_type: 'code',
    redirect_uri: redirectUri,
    scope: options.scope?.join(' '),
    'urn:pleo:params:oauth:subject': options.subject,
    state,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    dpop_jkt: await http.DPoP?.calculateThumbprint(),
  }
  let sent = Object.entries(parameters).filter(
    (one): one is [string, string] => one[1] !== undefined,
  )
  if (options.par) {
    const response = await oauth.pushedAuthorizationRequest(...as, sent, http)
    const pushed = await oauth.processPushedAuthorizationResponse(metadata, client, response)
    sent = [
      ['client_id', client.client_id],
      ['request_uri', pushed.request_uri],
    ]
  }
  const url = new URL(metadata.authorization_endpoint ?? '')
  for (const [name, value] of sent) url.searchParams.set(name, value)
  return { url, redirectUri, state, verifier }
}

/**
 * Sends the request of the browser to the authorization endpoint, and abandons the interaction.
 *
 * @throws {@link Refusal} if the browser would show an error and never come back, or come back at once with an error
 */
export async function check(partner: Partner, attempt: Attempt): Promise<void> {
  const { href } = attempt.url
  const asked = { method: 'GET', headers: { accept: 'text/html' } }
  const { status, headers, body } = await partner.send(href, asked)
  await body?.cancel()
  // Only 400: a proxy before the server can refuse programs with another status.
  if (status === 400)
    throw new Refusal(
      `the authorization server would show an error in the browser, and not send it back: is the client registered, and the redirect URI with it, letter for letter? The browser would show: ${href}`,
    )
  const location = headers.get('location') ?? ''
  const answer = location.startsWith(attempt.redirectUri) ? URL.parse(location) : null
  if (answer?.searchParams.has('error')) await redeem(partner, attempt, answer)
}

/**
 * Checks the answer and exchanges its code.
 *
 * @throws if `state` or `iss` is of another attempt (RFC 9700, Section 4.4)
 */
export async function redeem(
  { oauth, as, boundHttp: http }: Partner,
  { redirectUri, state, verifier }: Attempt,
  answer: URL,
): Promise<TokenEndpointResponse> {
  const [metadata, client] = as
  const checked = oauth.validateAuthResponse(metadata, client, answer, state)
  const response = await oauth.authorizationCodeGrantRequest(
    ...as,
    checked,
    redirectUri,
    verifier,
    http,
  )
  return asSent(response, (one) => oauth.processAuthorizationCodeResponse(metadata, client, one))
}
