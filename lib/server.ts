import type Koa from 'koa'
import type Provider from 'oidc-provider'
import type { Clients } from './clients/clients.ts'
import type { Connections } from './grants/connections.ts'
import type { ErrorPageEvent } from './http/error-page.ts'
import type { MountingCheckOptions } from './http/check-mounting.ts'
import type { SigningKeys } from './keys/signing-keys.ts'
import type { Introspection } from './grants/introspect.ts'
import type { Audit } from './operations/audit.ts'
import type { CloseOptions } from './operations/close.ts'
import type { Health } from './operations/health.ts'
import type { Metrics } from './operations/metrics.ts'
import type { RefusedRequest } from './operations/refusal-records.ts'

/** The events of {@link AuthorizationServer.app} beside those of Koa. */
export interface ErrorPageEvents {
  on(name: 'error_page', listener: (event: ErrorPageEvent) => void): unknown
  on(name: 'refused', listener: (event: RefusedRequest) => void): unknown
}

/** A running authorization server, without a port of its own. */
export interface AuthorizationServer {
  /**
   * The Koa application: listen with it, or mount it in another one. It emits `error_page` for each page that tells a person of an
   * error, and `refused` for each request that was answered with an error, when the answer is over.
   */
  readonly app: Koa & ErrorPageEvents
  /** The oidc-provider instance behind it, for its events and models. */
  readonly provider: Provider
  /** The clients that are registered, beside those given with the options. */
  readonly clients: Clients
  /** The connections: which client may act for which company or organization. */
  readonly connections: Connections
  /** The signing keys in the storage. If the options give keys, the list is empty, and a rotation throws. */
  readonly signingKeys: SigningKeys
  /** Who did what, for a log that auditors read. */
  readonly audit: Audit
  /**
   * Introspects an access token for an API in the same process. The answer is the one that the introspection endpoint gives the
   * registered resource server. For any value that is not an access token, it returns `{ active: false }`.
   *
   * @throws if the storage does not answer: then nothing is known of the token
   */
  introspect(accessToken: string): Promise<Introspection>
  /**
   * Checks the storage and the clients. Call it at the start, before the first request.
   *
   * - The storage must be set up well: Redis, for example, must not drop connections when memory is short.
   * - No client of the options may have a name that a registered client claims.
   * - If somebody listens to {@link AuthorizationServer.audit}, it compares the options with those of the start before
   *   (`configuration.changed`).
   * - It warns (`process.emitWarning`) of registered clients that claim no name and look like a client of the options, of those with
   *   unusual signs in a name or a redirect URI whose query has a parameter of the answer, and of those with a logo that is never fetched.
   *
   * @throws {@link ConfigurationError} with every mistake; the error of the storage if it cannot be reached
   */
  check(): Promise<void>
  /**
   * Sends requests to the issuer's URL, as clients and browsers do, and checks that middleware and proxies of the host change
   * neither requests nor answers. Call it after the start, when the host listens.
   *
   * @throws {@link ConfigurationError} with what was changed, or that no answer came
   */
  checkMounting(options?: MountingCheckOptions): Promise<void>
  /**
   * The refused requests of the last day with this id (`X-Request-Id`), the oldest first, of all processes that share the storage. At
   * most five are recorded for one id. Strangers can choose the id of a request, unless a proxy replaces it. The list is empty if
   * nothing is recorded: the option `anonymousRequests` bounds the room.
   *
   * @throws if the storage does not answer
   */
  explain(requestId: string): Promise<readonly RefusedRequest[]>
  /** How this process is. No path answers it until the host mounts {@link Health.middleware}, or asks and answers itself. */
  readonly health: Health
  /**
   * The work of this process in numbers: `await server.metrics()` is the text for Prometheus. No path answers with it until the host
   * mounts {@link Metrics.middleware}.
   */
  readonly metrics: Metrics
  /**
   * Stops without cutting a request. Call it when the process is asked to end, and close the storage when it resolves.
   *
   * 1. {@link Health.ready} says 503 from now on.
   * 2. With `server`, the server of the host stops listening.
   * 3. Requests in flight are answered. An answer that begins now asks the client for a new connection (`Connection: close`).
   *    Without `server`, so do all later answers: requests are answered for as long as they come.
   * 4. It resolves. After `timeout`, it cuts the connections that are left, and resolves.
   *
   * Every call gets the promise of the first one, whatever its options. Not waited for: calls of the host to this object, and
   * connections that left HTTP (WebSocket).
   *
   * @throws TypeError if an option is not as described. Then nothing has changed
   */
  close(options?: CloseOptions): Promise<void>
}
