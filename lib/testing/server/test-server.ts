import type { RequestListener } from 'node:http'
import type { AuthorizationServer } from '../../server.ts'
import type { AuthorizationServerOptions, ResourceServerOptions } from '../../config/options.ts'
import type { TestClients } from './clients.ts'
import type { TestClock } from './clock.ts'
import type { ConnectOptions } from './connect.ts'
import type { TestConnection } from './connection.ts'
import type { TestFetch } from './fetch.ts'
import type { TestCompanies, TestOrganizations, TestPeople } from './people.ts'
import type { PersonOptions } from './person.ts'

/** What {@link createTestServer} takes: the options of `createAuthorizationServer`, none of them needed. */
export interface TestServerOptions extends Partial<
  Omit<AuthorizationServerOptions, 'resourceServer'>
> {
  /**
   * The issuer identifier. It can be any: {@link RunningTestServer.fetch} reaches it. A path alone (`/auth`) is below the
   * free port.
   *
   * @defaultValue the free port
   */
  readonly issuer?: string
  /**
   * The API.
   *
   * @defaultValue the audience of Pleo's API and its scopes; the API of the test server may introspect beside others
   */
  readonly resourceServer?: Partial<ResourceServerOptions>
  /**
   * The application that the authorization server is a part of, for a host with its own sign-in: gives what answers
   * requests, which of a Koa application is `callback()`.
   *
   * @defaultValue the authorization server alone
   */
  readonly host?: (server: AuthorizationServer) => RequestListener
  readonly server?: never
}

/** What {@link createTestServer} takes for an authorization server that is there already: nothing else, it has its options. */
export interface WrappedServerOptions {
  readonly server: AuthorizationServer
  /**
   * The application that it is a part of: what answers requests, which of a Koa application is `callback()`.
   *
   * @defaultValue the authorization server alone
   */
  readonly host?: RequestListener
}

/** What every test server can do. */
export interface RunningTestServer extends AsyncDisposable {
  /** The issuer identifier. */
  readonly issuer: string
  /** Where it listens: a free port of this machine. */
  readonly url: string
  /** The authorization server itself. */
  readonly server: AuthorizationServer
  readonly clock: TestClock
  /** `fetch` that reaches the issuer, also one that is not of this machine; for the client under test. */
  readonly fetch: TestFetch
  /**
   * What the person does whom a client sends to this URL of an authorization request: signs in, chooses and decides.
   * Resolves to where the browser is sent then, with the code or the error.
   *
   * @throws FlowError where the browser is not sent anywhere; TypeError where the URL is not below the issuer, or a member of
   * `person` is wrong
   */
  authorize(url: URL | string, person?: PersonOptions): Promise<URL>
  /** Ends everything; once more does nothing. */
  close(): Promise<void>
}

/** A test server with people and clients. */
export interface TestServer extends RunningTestServer {
  /** They are there beside those given as `clients`. */
  readonly clients: TestClients
  /** They are there unless `accounts` are given. */
  readonly people: TestPeople
  readonly companies: TestCompanies
  readonly organizations: TestOrganizations
  /**
   * Connects a client, without a browser: real tokens, by the real flow over HTTP. A client that has to push its requests
   * or to prove that it has a key does so.
   *
   * @throws FlowError where there are none, with what came instead; TypeError where a member is missing or wrong
   */
  connect(options?: ConnectOptions): Promise<TestConnection>
}

/** A test server of an authorization server that was there already. */
export interface WrappedTestServer extends RunningTestServer {
  /**
   * Connects a client, without a browser: real tokens, by the real flow over HTTP. A client that has to push its requests
   * or to prove that it has a key does so.
   *
   * @throws FlowError where there are none, with what came instead; TypeError where a member is missing or wrong
   */
  connect(
    options: ConnectOptions & Required<Pick<ConnectOptions, 'client'>>,
  ): Promise<TestConnection>
}
