import type * as Library from 'oauth4webapi'
import { isLoopbackOrHttps } from '../../validation/url.ts'
import { Refusal } from '../terminal/refusals.ts'
import type { Send } from './wire.ts'

/** A redirect URI on this machine. */
export interface RedirectUri {
  /** The text that is registered. Servers compare it letter for letter. */
  readonly text: string
  readonly url: URL
}

/** The options of `try`. */
export interface TryOptions {
  readonly issuer: URL
  readonly clientId: string
  readonly clientSecretFile?: string
  readonly public?: boolean
  readonly scope?: readonly string[]
  readonly subject?: string
  readonly redirectUri: RedirectUri
  readonly par?: boolean
  readonly dpop?: boolean
  readonly refresh?: boolean
  readonly revoke?: boolean
  readonly showTokens?: boolean
  readonly timeout: number
  readonly json?: boolean
}

type Http = Library.PushedAuthorizationRequestOptions & Library.TokenEndpointRequestOptions

/** A client of an authorization server, as the protocol library needs it. */
export interface Partner {
  readonly oauth: typeof Library
  /** The server, the client, and how the client authenticates. */
  readonly as: readonly [Library.AuthorizationServer, Library.Client, Library.ClientAuth]
  readonly send: Send
  /** For requests without a proof of a key. */
  readonly http: Http
  /** For requests that bind tokens to a key, with `--dpop`. */
  readonly boundHttp: Http
  /** For requests that must reach the server even if the command is interrupted. */
  readonly lastHttp: Http
  /** Whether the server has introspection for this client, as far as its metadata says. */
  readonly mayIntrospect: boolean
}

/**
 * Reads the metadata of the authorization server (RFC 8414), and creates a client for it.
 *
 * @param sendLast - sends even if the command is interrupted
 * @throws {@link Refusal} if the metadata is invalid, or lacks an endpoint that the options need
 */
export async function createPartner(
  options: TryOptions,
  secret: string | undefined,
  send: Send,
  sendLast: Send,
): Promise<Partner> {
  const { issuer, clientId } = options
  // No other command needs this library.
  const oauth = await import('oauth4webapi')
  const toHttp = (by: Send) => ({
    [oauth.customFetch]: by,
    [oauth.allowInsecureRequests]: issuer.protocol === 'http:',
  })
  const http = toHttp(send)
  const response = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...http })
  if (response.status === 404)
    throw new Refusal(`${issuer.href} has no metadata: is it the issuer?`)
  const metadata = await oauth.processDiscoveryResponse(issuer, response)
  checkMetadata(metadata, options)

  const client: Library.Client = { client_id: clientId }
  const authentication = toAuthentication(oauth, metadata, secret)
  const {
    introspection_endpoint: endpoint,
    introspection_endpoint_auth_methods_supported: methods,
  } = metadata
  return {
    oauth,
    as: [metadata, client, authentication],
    send,
    http,
    boundHttp: options.dpop
      ? { ...http, DPoP: oauth.DPoP(client, await oauth.generateKeyPair('ES256')) }
      : http,
    lastHttp: toHttp(sendLast),
    mayIntrospect:
      endpoint !== undefined && (secret !== undefined || (methods?.includes('none') ?? true)),
  }
}

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

/** Checks that the server has all endpoints that the options need. Secrets are sent to them. */
function checkMetadata(
  metadata: Library.AuthorizationServer,
  { par, revoke }: Pick<TryOptions, 'par' | 'revoke'>,
): void {
  const endpoints = [
    ['authorization_endpoint', 'the flow'],
    ['token_endpoint', 'the flow'],
    ['introspection_endpoint', undefined],
    ['pushed_authorization_request_endpoint', par && '--par'],
    ['revocation_endpoint', revoke && '--revoke'],
  ] as const
  for (const [name, reason] of endpoints) {
    const text = metadata[name]
    const url = text === undefined ? undefined : URL.parse(text)
    if (url === undefined && reason)
      throw new Refusal(`the metadata has no ${name}, and ${reason} needs one`)
    if (url !== undefined && (!url || !isLoopbackOrHttps(url)))
      throw new Refusal(`the metadata has a ${name} that is not https`)
  }
}
