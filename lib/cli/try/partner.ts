import type * as Library from 'oauth4webapi'
import { Refusal } from '../terminal/refusal.ts'
import { asSent } from './as-sent.ts'
import { createAttempt, type Attempt, type AuthorizationRequest } from './attempt.ts'
import { checkMetadata } from './metadata.ts'
import { inWords } from './trouble.ts'
import type { Send } from './wire.ts'

/** A client of an authorization server, by the protocol library. */
export interface Partner {
  readonly metadata: Library.AuthorizationServer
  readonly begin: (request: AuthorizationRequest) => Promise<Attempt>
  /**
   * Asks the authorization endpoint, as the browser is going to. Nothing comes of it but an interaction that nobody
   * goes on with.
   *
   * @throws {@link Refusal} if the browser would show an error and never come back, or come back at once with an error
   */
  readonly check: (attempt: Attempt) => Promise<void>
  /** Absent if the server has no introspection, or none for a client without a secret. */
  readonly introspect: ((token: string) => Promise<Library.IntrospectionResponse>) | undefined
  readonly refresh: (token: string) => Promise<Library.TokenEndpointResponse>
  readonly revoke: (token: string) => Promise<void>
}

/** Who the client is, and how its requests are sent. */
export interface PartnerOptions {
  readonly issuer: URL
  readonly clientId: string
  readonly secret: string | undefined
  /** Bind the tokens to a key (RFC 9449). */
  readonly hasProof: boolean
  readonly send: Send
  /** Sends what is to reach the server although the command was interrupted. */
  readonly sendLast: Send
}

/**
 * Reads the metadata of the authorization server (RFC 8414), and makes a client of it.
 *
 * @throws {@link Refusal} where it is not what it has to be
 */
export async function createPartner(options: PartnerOptions): Promise<Partner> {
  const { issuer, clientId, secret, send } = options
  // Nothing else of this package needs it.
  const oauth = await import('oauth4webapi')
  const toHttp = (by: Send) => ({
    [oauth.customFetch]: by,
    [oauth.allowInsecureRequests]: issuer.protocol === 'http:',
  })
  const metadata = await inWords(async () => {
    const response = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...toHttp(send) })
    if (response.status === 404)
      throw new Refusal(`${issuer.href} has no metadata: is it the issuer?`)
    return oauth.processDiscoveryResponse(issuer, response)
  })
  checkMetadata(metadata)

  const client: Library.Client = { client_id: clientId }
  const as = [metadata, client, toAuthentication(oauth, metadata, secret)] as const
  const proof = options.hasProof && {
    DPoP: oauth.DPoP(client, await oauth.generateKeyPair('ES256')),
  }
  const http = { ...toHttp(send), ...proof }
  return {
    metadata,
    begin: (request) => createAttempt({ oauth, as, http }, request),
    check: async ({ url, redeem }) => {
      const asked = { method: 'GET', headers: { accept: 'text/html' } }
      const { status, headers, body } = await send(url.href, asked)
      await body?.cancel()
      // No other one: what stands before a server may want a real browser.
      if (status === 400) throw new Refusal(toDeadEnd(url))
      // The browser would come back at once, without a question.
      const answer = toAnswer(headers.get('location'), url)
      if (answer?.searchParams.has('error')) await redeem(answer)
    },
    introspect: mayIntrospect(metadata, secret)
      ? (token) =>
          inWords(async () => {
            const response = await oauth.introspectionRequest(...as, token, toHttp(send))
            return oauth.processIntrospectionResponse(metadata, client, response)
          })
      : undefined,
    refresh: (token) =>
      inWords(async () => {
        const response = await oauth.refreshTokenGrantRequest(...as, token, http)
        return asSent(response, (one) => oauth.processRefreshTokenResponse(metadata, client, one))
      }),
    revoke: (token) =>
      inWords(async () => {
        const response = await oauth.revocationRequest(...as, token, toHttp(options.sendLast))
        await oauth.processRevocationResponse(response)
      }),
  }
}

const toDeadEnd = (url: URL): string =>
  `the authorization server would show an error in the browser, and not send it back: is the client registered, and the redirect URI with it, letter for letter? What the browser would show: ${url.href}`

/** Where a redirect leads, if that is back to the client that has sent the request. */
const toAnswer = (location: string | null, { searchParams }: URL): URL | null =>
  location?.startsWith(searchParams.get('redirect_uri') ?? location) ? URL.parse(location) : null

/** Whether the metadata leave it open that this client may introspect. */
const mayIntrospect = (
  {
    introspection_endpoint: endpoint,
    introspection_endpoint_auth_methods_supported: methods,
  }: Library.AuthorizationServer,
  secret: string | undefined,
): boolean =>
  endpoint !== undefined && (secret !== undefined || (methods?.includes('none') ?? true))

/** `client_secret_basic`, unless the server has no such thing. */
function toAuthentication(
  oauth: typeof Library,
  { token_endpoint_auth_methods_supported: methods }: Library.AuthorizationServer,
  secret: string | undefined,
): Library.ClientAuth {
  if (secret === undefined) return oauth.None()
  const isBasic = methods?.includes('client_secret_basic') ?? true
  return isBasic ? oauth.ClientSecretBasic(secret) : oauth.ClientSecretPost(secret)
}
