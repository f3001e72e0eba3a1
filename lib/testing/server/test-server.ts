import type { AuthorizationServer } from '../../index.ts'
import type { TestClients } from './test-clients.ts'
import type { TestClock } from './test-clock.ts'
import type { ConnectOptions, PersonOptions } from './given.ts'
import type { TestConnection } from './connection.ts'
import type { TestFetch } from './listening.ts'
import type { TestCompanies, TestOrganizations, TestPeople } from './people.ts'

/** The part that every test server has. */
export interface RunningTestServer extends AsyncDisposable {
  /** The issuer identifier. */
  readonly issuer: string
  /** The URL at which it listens: a free port of this machine. */
  readonly url: string
  /** The authorization server itself. */
  readonly server: AuthorizationServer
  readonly clock: TestClock
  /** `fetch` that reaches the issuer, also one that is not of this machine; for the client under test. */
  readonly fetch: TestFetch
  /**
   * Acts as a person whom a client sends to this URL of an authorization request: signs in, chooses and decides.
   * Resolves to the URL that the browser is sent to then, with the code or the error.
   *
   * @throws FlowError if the browser is not sent anywhere; TypeError if the URL is not below the issuer, or a member
   * of `person` is wrong
   */
  authorize(url: URL | string, person?: PersonOptions): Promise<URL>
  /** Ends everything; once more does nothing. */
  close(): Promise<void>
}

/** A test server with people and clients. */
export interface TestServer extends RunningTestServer {
  /** The clients of the test server, beside those of the option `clients`. */
  readonly clients: TestClients
  /** The people of the test server, unless the option `accounts` is given. */
  readonly people: TestPeople
  readonly companies: TestCompanies
  readonly organizations: TestOrganizations
  /**
   * Connects a client, without a browser: real tokens, by the real flow over HTTP. A client that has to push its requests
   * or to prove that it has a key does so.
   *
   * @throws FlowError if there are no tokens, with the answer that came instead; TypeError if a member is missing or wrong
   */
  connect(options?: ConnectOptions): Promise<TestConnection>
}

/** A test server of an authorization server that was there already. */
export interface WrappedTestServer extends RunningTestServer {
  /** Connects as {@link TestServer.connect} does. The client has to be named. */
  connect(
    options: ConnectOptions & Required<Pick<ConnectOptions, 'client'>>,
  ): Promise<TestConnection>
}
