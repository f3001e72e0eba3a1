import type * as Library from 'oauth4webapi'
import { asSent, inWords } from './trouble.ts'

/** A redirect URI on this machine. */
export interface RedirectUri {
  /** The text that is registered. Servers compare it letter for letter. */
  readonly text: string
  readonly url: URL
}

/** The parameters of the authorization request. */
export interface AuthorizationRequest {
  readonly redirectUri: RedirectUri
  readonly scope: string | undefined
  readonly subject: string | undefined
  /** Send it ahead of the browser (RFC 9126). */
  readonly isPushed: boolean
}

/** An authorization request and its answer. */
export interface Attempt {
  /** The URL for the browser. */
  readonly url: URL
  /**
   * Checks the answer and exchanges its code. Throws if `state` or `iss` is of another attempt (RFC 9700, Section 4.4).
   */
  readonly redeem: (answer: URL) => Promise<Library.TokenEndpointResponse>
}

/** The client and the server of an attempt. */
export interface Beginning {
  readonly oauth: typeof Library
  /** The server, the client, and how the client authenticates. */
  readonly as: readonly [Library.AuthorizationServer, Library.Client, Library.ClientAuth]
  readonly http: Library.PushedAuthorizationRequestOptions & Library.TokenEndpointRequestOptions
}

/** Begins an authorization, with a state and a PKCE verifier of its own (RFC 7636). */
export async function createAttempt(
  { oauth, as, http }: Beginning,
  request: AuthorizationRequest,
): Promise<Attempt> {
  const [metadata, client] = as
  const state = oauth.generateRandomState()
  const verifier = oauth.generateRandomCodeVerifier()
  const { redirectUri } = request
  const asked = Object.entries({
    client_id: client.client_id,
    response_type: 'code',
    redirect_uri: redirectUri.text,
    scope: request.scope,
    'urn:pleo:params:oauth:subject': request.subject,
    state,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    dpop_jkt: await http.DPoP?.calculateThumbprint(),
  }).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))

  const push = (): Promise<Library.PushedAuthorizationResponse> =>
    inWords(async () => {
      const response = await oauth.pushedAuthorizationRequest(...as, asked, http)
      return oauth.processPushedAuthorizationResponse(metadata, client, response)
    })
  const url = new URL(metadata.authorization_endpoint ?? '')
  const sent = request.isPushed
    ? [
        ['client_id', client.client_id],
        ['request_uri', (await push()).request_uri],
      ]
    : asked
  for (const [name = '', value = ''] of sent) url.searchParams.set(name, value)

  return {
    url,
    redeem: (answer) =>
      inWords(async () => {
        const checked = oauth.validateAuthResponse(metadata, client, answer, state)
        const response = await oauth.authorizationCodeGrantRequest(
          ...as,
          checked,
          redirectUri.text,
          verifier,
          http,
        )
        return asSent(response, (one) =>
          oauth.processAuthorizationCodeResponse(metadata, client, one),
        )
      }),
  }
}
