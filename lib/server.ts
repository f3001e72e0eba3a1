import type Koa from 'koa'
import type Provider from 'oidc-provider'
import type { Clients } from './clients/clients.ts'
import type { Connections } from './grants/connections.ts'
import type { ErrorPageEvent } from './http/error-page.ts'
import type { MountingCheckOptions } from './http/check-mounting.ts'
import type { SigningKeys } from './keys/signing-keys.ts'
import type { Introspection } from './grants/introspect.ts'

/** What {@link AuthorizationServer.app} tells besides Koa's own events. */
export interface ErrorPageEvents {
  on(name: 'error_page', listener: (event: ErrorPageEvent) => void): unknown
}

/** A running authorization server, without a port of its own. */
export interface AuthorizationServer {
  /**
   * The Koa application: listen with it, or mount it in another one. It emits `error_page` for each page that tells a person of an
   * error.
   */
  readonly app: Koa & ErrorPageEvents
  /** The oidc-provider instance behind it, for its events and models. */
  readonly provider: Provider
  /** The clients that are registered, beside those given with the options. */
  readonly clients: Clients
  /** What people have granted. */
  readonly connections: Connections
  /** The signing keys in the storage; none, and none to rotate, where the options give keys. */
  readonly signingKeys: SigningKeys
  /**
   * What an access token says: the answer of the introspection endpoint to the registered resource server, for an API in
   * the same process. Whoever has no access token learns that it is not active, and nothing else.
   *
   * @throws where the storage does not answer: then nothing is known of it
   */
  introspect(accessToken: string): Promise<Introspection>
  /**
   * Looks at how the storage is set up (with Redis, whether it would drop connections when memory is short), and
   * whether a client given with the options has a name that a registered client claims. Warns (`process.emitWarning`) of
   * registered clients that claim no name and look like a client of the options, of those with a redirect URI whose query
   * has a parameter that the answer sets, and of those with a logo that is never fetched. Meant for the start, before the first request.
   *
   * @throws {@link ConfigurationError} with everything that is wrong; whatever the storage throws
   * where it cannot be reached
   */
  check(): Promise<void>
  /**
   * Asks this server at its own URL, as clients and browsers do: whether what the host has before it leaves requests and
   * answers alone. Meant for after the start, once the host listens.
   *
   * @throws {@link ConfigurationError} with what stands between, or that no answer came
   */
  checkMounting(options?: MountingCheckOptions): Promise<void>
}
