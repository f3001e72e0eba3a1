import type * as Library from 'oauth4webapi'
import { isLoopbackOrHttps } from '../../validation/url.ts'
import { Refusal } from '../terminal/refusals.ts'
import { createAttempt, type Attempt, type AuthorizationRequest } from './attempt.ts'
import { asSent, inWords } from './trouble.ts'
import type { Send } from './wire.ts'

/** A client of an authorization server. */
export interface Partner {
  readonly metadata: Library.AuthorizationServer
  readonly begin: (request: AuthorizationRequest) => Promise<Attempt>
  /**
   * Sends the request of the browser to the authorization endpoint, and abandons the interaction.
   *
   * @throws {@link Refusal} if the browser would show an error and never come back, or come back at once with an error
   */
  readonly check: (attempt: Attempt) => Promise<void>
  /** Absent if the server has no introspection, or none for a client without a secret. */
  readonly introspect: ((token: string) => Promise<Library.IntrospectionResponse>) | undefined
  readonly refresh: (token: string) => Promise<Library.TokenEndpointResponse>
  readonly revoke: (token: string) => Promise<void>
}

/** The client, and how it sends requests. */
export interface PartnerOptions {
  readonly issuer: URL
  readonly clientId: string
  readonly secret: string | undefined
  /** Binds the tokens to a key (RFC 9449). */
  readonly hasProof: boolean
  readonly send: Send
  /** Sends requests that must reach the server even if the command is interrupted. */
  readonly sendLast: Send
}

/**
 * Reads the metadata of the authorization server (RFC 8414), and creates a client for it.
 *
 * @throws {@link Refusal} if the metadata is invalid
 */
export async function createPartner(options: PartnerOptions): Promise<Partner> {
  const { issuer, clientId, secret, send } = options
  // No other command needs this library.
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
      // Only 400: a proxy before the server can refuse programs with another status.
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
  `the authorization server would show an error in the browser, and not send it back: is the client registered, and the redirect URI with it, letter for letter? The browser would show: ${url.href}`

/** The target of a redirect, if it is the client that sent the request. */
const toAnswer = (location: string | null, { searchParams }: URL): URL | null =>
  location?.startsWith(searchParams.get('redirect_uri') ?? location) ? URL.parse(location) : null

/** Whether this client may introspect, as far as the metadata says. */
const mayIntrospect = (
  {
    introspection_endpoint: endpoint,
    introspection_endpoint_auth_methods_supported: methods,
  }: Library.AuthorizationServer,
  secret: string | undefined,
): boolean =>
  endpoint !== undefined && (secret !== undefined || (methods?.includes('none') ?? true))

/** Uses `client_secret_basic` if the server supports it. */
function toAuthentication(
  oauth: typeof Library,
  { token_endpoint_auth_methods_supported: methods }: Library.AuthorizationServer,
  secret: string | undefined,
): Library.ClientAuth {
  if (secret === undefined) return oauth.None()
  const isBasic = methods?.includes('client_secret_basic') ?? true
  return isBasic ? oauth.ClientSecretBasic(secret) : oauth.ClientSecretPost(secret)
}

const endpoints = [
  'authorization_endpoint',
  'token_endpoint',
  'introspection_endpoint',
  'revocation_endpoint',
  'pushed_authorization_request_endpoint',
] as const

/** Secrets are sent to these endpoints. They must use `https` or be on this machine. */
function checkMetadata(metadata: Library.AuthorizationServer): void {
  for (const name of endpoints) {
    const text = metadata[name]
    const url = text === undefined ? undefined : URL.parse(text)
    if (text !== undefined && (!url || !isLoopbackOrHttps(url)))
      throw new Refusal(`the metadata has a ${name} that is not https`)
  }
}

/**
 * Checks that the authorization server has an endpoint.
 *
 * @param reason - the option that needs it
 */
export function requireEndpoint(
  metadata: Library.AuthorizationServer,
  name: (typeof endpoints)[number],
  reason: string,
): void {
  if (metadata[name] === undefined)
    throw new Refusal(`the metadata has no ${name}, and ${reason} needs one`)
}
