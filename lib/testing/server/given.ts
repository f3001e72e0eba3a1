import type { RequestListener } from 'node:http'
import type {
  AuthorizationServer,
  AuthorizationServerOptions,
  ResourceServerOptions,
} from '../../index.ts'
import type { Browser } from './browser.ts'
import type { Page } from './forms.ts'
import type { Credentials } from './people.ts'
import type { ClientToConnect } from './test-clients.ts'
import { toPlace } from './redirects.ts'

/**
 * Signs the person in at the host's own sign-in. It gets the page that the browser was sent to, signs in there, goes on to
 * `return_to`, and returns the page that it gets then.
 */
export type SignIn = (page: Page, browser: Browser) => Promise<Page>

/** The person who signs in: with a password, or at the host's own sign-in. */
export type TestAccount = Credentials | SignIn

/** The choices of a person who is sent to the authorization server. */
export interface PersonOptions {
  /** The person who signs in. @defaultValue the group administrator of the test server */
  readonly account?: TestAccount
  /** URN of the company or organization to connect. @defaultValue the first that is offered */
  readonly subject?: string
  /** Which of the scopes that the client leaves open are ticked, space-separated. @defaultValue all that are asked for */
  readonly optionalScope?: string
  /** Whether the person allows it. @defaultValue `allow` */
  readonly decision?: 'allow' | 'decline'
}

/** The options of a connection. */
export interface ConnectOptions extends Omit<PersonOptions, 'decision'> {
  /** The client. @defaultValue the confidential one of the test server */
  readonly client?: ClientToConnect
  /** The scopes it asks for, space-separated. @defaultValue all that it is registered for */
  readonly scope?: string
}

/** The options of {@link createTestServer}: those of `createAuthorizationServer`, all optional. */
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
   * Puts the authorization server into an application, for a host with its own sign-in, and returns the function that answers
   * requests: `callback()` of a Koa application.
   *
   * @defaultValue the authorization server alone
   */
  readonly host?: (server: AuthorizationServer) => RequestListener
  readonly server?: never
}

/** The options of {@link createTestServer} for an authorization server that exists already and has its own options. */
export interface WrappedServerOptions {
  readonly server: AuthorizationServer
  /**
   * The application that it is a part of, as a function that answers requests: `callback()` of a Koa application.
   *
   * @defaultValue the authorization server alone
   */
  readonly host?: RequestListener
}

// Values may come from code without types: an error names the member, and not a line of this package.

/** The options of a connection, checked. */
export interface Connecting extends ConnectOptions {
  readonly client: ClientToConnect & { readonly redirect_uris: readonly [string, ...string[]] }
}

/**
 * Checks the options for a connection.
 *
 * @throws TypeError that names what is missing or wrong
 */
export function toConnecting(options: ConnectOptions | undefined): Connecting {
  const { client, scope } = Object(options) as ConnectOptions
  if (client === undefined) throw new TypeError('client is missing: nobody else connects here')
  checkClient(client)
  const [redirectUri] = [client.redirect_uris].flat()
  if (!isText(redirectUri)) {
    throw new TypeError('client.redirect_uris has no URI that the browser could come back to')
  }
  if (scope !== undefined) checkText(scope, 'scope')
  return options as Connecting
}

/** Reads the URL that a client sends the browser to.
 *
 * @throws TypeError if it is not below the issuer: the client is set up for another server
 */
export function toAuthorizing(address: URL | string, issuer: string): URL {
  const url = URL.parse(String(address))
  if (!url) throw new TypeError('url is not an absolute URL')
  const { origin, pathname } = new URL(issuer)
  const isBelow = url.origin === origin && url.pathname.startsWith(pathname.replace(/\/?$/, '/'))
  if (isBelow) return url
  throw new TypeError(`url is not below the issuer, ${issuer}, but ${toPlace(url)}`)
}

/** @throws TypeError if it is not a client */
export function checkClient(client: ClientToConnect): void {
  const { client_id: id } = Object(client) as Partial<ClientToConnect>
  if (!isText(id)) throw new TypeError('client has no client_id')
}

/** @throws TypeError that names the wrong member */
export function checkPerson(person: PersonOptions): void {
  const { account, subject, optionalScope, decision = 'allow', ...others } = person
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) throw new TypeError(`${unknown} is not an option`)
  checkAccount(account)
  if (subject !== undefined) checkText(subject, 'subject')
  if (optionalScope !== undefined) checkText(optionalScope, 'optionalScope')
  if (!['allow', 'decline'].includes(decision)) {
    throw new TypeError("decision is neither 'allow' nor 'decline'")
  }
}

/** @throws TypeError if nobody can sign in with it */
export function checkAccount(account: TestAccount | undefined): void {
  if (account === undefined || typeof account === 'function') return
  const { username, password } = Object(account) as Partial<typeof account>
  if (typeof username === 'string' && typeof password === 'string') return
  throw new TypeError('account is neither { username, password } nor a function that signs in')
}

/** @throws TypeError if the options are not an object */
export function checkOptions(options: unknown): void {
  if (Object(options) !== options) throw new TypeError('options is not an object')
}

/** Checks the options for a server that exists already.
 *
 * @throws TypeError if it is not an authorization server, or if there are options beside it
 */
export function checkWrapped({ server, host, ...others }: WrappedServerOptions): void {
  const { app, provider } = Object(server) as Partial<AuthorizationServer>
  if (!app || !provider) throw new TypeError('server is not what createAuthorizationServer gives')
  if (host !== undefined) checkListener(host, 'host')
  const names = Object.keys(others).join(', ')
  if (names === '') return
  throw new TypeError(`beside server, which is made already, there can only be host: not ${names}`)
}

/** @throws TypeError if it answers no requests */
export function checkListener(listener: RequestListener, name: string): void {
  if (typeof listener === 'function') return
  throw new TypeError(
    `${name} is not a function (request, response) that answers: of a Koa application, it is callback()`,
  )
}

function checkText(value: unknown, name: string): void {
  if (typeof value !== 'string') throw new TypeError(`${name} is not a string`)
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''
