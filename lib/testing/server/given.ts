import type { RequestListener } from 'node:http'
import type { AuthorizationServer } from '../../server.ts'
import type { ClientToConnect } from './clients.ts'
import type { ConnectOptions } from './connect.ts'
import type { PersonOptions, TestAccount } from './person.ts'
import { toPlace } from './redirects.ts'
import type { WrappedServerOptions } from './test-server.ts'

// What no compiler has looked at comes here first: an error names the member, and not a line of ours.

/** What a connection is made with: a client that the browser can come back to. */
export interface Connecting extends ConnectOptions {
  readonly client: ClientToConnect & { readonly redirect_uris: readonly [string, ...string[]] }
}

/**
 * What was given to connect with, if a client can ask with it.
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

/**
 * Where a client sends the browser.
 *
 * @throws TypeError where that is not below the issuer: a client that is set up for another server sends people there
 */
export function toAuthorizing(address: URL | string, issuer: string): URL {
  const url = URL.parse(String(address))
  if (!url) throw new TypeError('url is no absolute URL')
  const { origin, pathname } = new URL(issuer)
  const isBelow = url.origin === origin && url.pathname.startsWith(pathname.replace(/\/?$/, '/'))
  if (isBelow) return url
  throw new TypeError(`url is not below the issuer, ${issuer}, but ${toPlace(url)}`)
}

/** @throws TypeError where it is no client */
export function checkClient(client: ClientToConnect): void {
  const { client_id: id } = Object(client) as Partial<ClientToConnect>
  if (!isText(id)) throw new TypeError('client has no client_id')
}

/** @throws TypeError that names what a person cannot do or be */
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

/** @throws TypeError where nobody can sign in with it */
export function checkAccount(account: TestAccount | undefined): void {
  if (account === undefined || typeof account === 'function') return
  const { username, password } = Object(account) as Partial<typeof account>
  if (typeof username === 'string' && typeof password === 'string') return
  throw new TypeError('account is neither { username, password } nor a function that signs in')
}

/** @throws TypeError where there are none to look at */
export function checkOptions(options: unknown): void {
  if (Object(options) !== options) throw new TypeError('options is no object')
}

/**
 * The authorization server that is there already.
 *
 * @throws TypeError where it is none, or has options beside it that come too late
 */
export function checkWrapped({ server, host, ...others }: WrappedServerOptions): void {
  const { app, provider } = Object(server) as Partial<AuthorizationServer>
  if (!app || !provider) throw new TypeError('server is not what createAuthorizationServer gives')
  if (host !== undefined) checkListener(host, 'host')
  const names = Object.keys(others).join(', ')
  if (names === '') return
  throw new TypeError(`beside server, which is made already, there can only be host: not ${names}`)
}

/** @throws TypeError where it answers no requests */
export function checkListener(listener: RequestListener, name: string): void {
  if (typeof listener === 'function') return
  throw new TypeError(
    `${name} is no function (request, response) that answers: of a Koa application, it is callback()`,
  )
}

function checkText(value: unknown, name: string): void {
  if (typeof value !== 'string') throw new TypeError(`${name} is no string`)
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''
