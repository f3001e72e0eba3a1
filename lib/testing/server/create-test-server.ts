import { randomBytes } from 'node:crypto'
import type { RequestListener } from 'node:http'
import { createMemoryStorage } from '../../administration.ts'
import {
  createAuthorizationServer,
  type AuthorizationServer,
  type ResourceServerOptions,
} from '../../index.ts'
import { pleoScopes } from '../../pleo/scopes.ts'
import { createTestClients, type TestClients } from './test-clients.ts'
import { holdClock } from './test-clock.ts'
import { connect } from './connect.ts'
import { createFetch, listen, type Listening } from './listening.ts'
import {
  checkListener,
  checkOptions,
  checkWrapped,
  toAuthorizing,
  type TestServerOptions,
  type WrappedServerOptions,
} from './given.ts'
import { companies, createTestAccounts, organizations, people } from './people.ts'
import { decide } from './test-person.ts'
import type { RunningTestServer, TestServer, WrappedTestServer } from './test-server.ts'

/**
 * Starts an authorization server to test with, on a free port, with everything in memory: with people, companies and
 * clients that are ready, or around one that is there already.
 *
 * @example
 * ```ts
 * await using server = await createTestServer()
 * const connection = await server.connect()
 * await connection.introspect() // { active: true, … }
 * ```
 *
 * @throws {@link ConfigurationError} with every mistake in the options at once; TypeError if `host` or `server` is wrong,
 * or if there are options beside `server`
 */
export function createTestServer(options?: TestServerOptions): Promise<TestServer>
export function createTestServer(options: WrappedServerOptions): Promise<WrappedTestServer>
export async function createTestServer(
  options: TestServerOptions | WrappedServerOptions = {},
): Promise<TestServer | WrappedTestServer> {
  checkOptions(options)
  const isWrapped = isWrapping(options)
  if (isWrapped) checkWrapped(options)
  const listening = await listen()
  try {
    return isWrapped ? wrap(listening, options) : await start(listening, options)
  } catch (error) {
    await listening.close()
    throw error
  }
}

// Also if it is undefined: the caller names it and does not want another.
const isWrapping = (
  options: TestServerOptions | WrappedServerOptions,
): options is WrappedServerOptions => Object.hasOwn(options, 'server')

function wrap(listening: Listening, { server, host }: WrappedServerOptions): WrappedTestServer {
  const running = run(listening, server, host)
  return { ...running, connect: (options) => connect(running, options) }
}

async function start(
  listening: Listening,
  { host, issuer = '', resourceServer, clients, ...options }: TestServerOptions,
): Promise<TestServer> {
  const own = createTestClients(Object.keys(resourceServer?.scopes ?? pleoScopes))
  const server = createAuthorizationServer({
    cookieKeys: [randomBytes(32).toString('base64url')],
    accounts: createTestAccounts(),
    // An https issuer counts as production, which has no default for these.
    storage: await createMemoryStorage(),
    signingKeys: 'ephemeral',
    allowShortClientSecrets: true,
    // All tests come from one address.
    limits: false,
    ...options,
    issuer: /^(\/|$)/.test(issuer) ? listening.url + issuer : issuer,
    resourceServer: toResourceServer(resourceServer, own),
    // The caller's clients come first, so that errors name their place in the caller's list.
    clients: withOwn(clients, [own.confidential, own.public, own.organization, own.api]),
  })
  const running = run(listening, server, toHost(server, host))
  const person = options.accounts ? {} : { account: people.groupAdministrator }
  return {
    ...running,
    clients: own,
    people,
    companies,
    organizations,
    authorize: (url, given) => running.authorize(url, { ...person, ...given }),
    connect: (given) => connect(running, { client: own.confidential, ...person, ...given }),
  }
}

function toResourceServer(
  given: TestServerOptions['resourceServer'] = {},
  { api }: TestClients,
): ResourceServerOptions {
  // A value that is not an object stays as it is: the authorization server reports it.
  if (typeof given !== 'object' || given === null) return given
  const clientIds = withOwn(given.clientIds, [api.client_id])
  return { audience: 'https://external.pleo.io', ...given, clientIds }
}

/** A value that is not a list stays as it is, too. */
const withOwn = <T>(given: readonly T[] | undefined, own: readonly T[]): readonly T[] =>
  given === undefined || Array.isArray(given) ? [...(given ?? []), ...own] : given

function toHost(
  server: AuthorizationServer,
  host: TestServerOptions['host'],
): RequestListener | undefined {
  if (host === undefined) return undefined
  if (typeof host !== 'function') {
    throw new TypeError('host is not a function that takes the authorization server')
  }
  const listener = host(server)
  checkListener(listener, 'what host gives')
  return listener
}

function run(
  listening: Listening,
  server: AuthorizationServer,
  host: RequestListener = toListener(server),
): RunningTestServer {
  const { issuer } = server.provider
  const { url } = listening
  const fetch = createFetch(issuer, listening)
  listening.answerWith(host)
  // Last: if anything before throws, nobody releases it.
  const clock = holdClock()
  const close = async (): Promise<void> => {
    await listening.close()
    clock.release()
  }
  return {
    issuer,
    url,
    server,
    clock: { advance: (seconds) => clock.advance(seconds) },
    fetch,
    authorize: async (address, person) => {
      const begin = toAuthorizing(address, issuer)
      const redirectUri = begin.searchParams.get('redirect_uri') ?? undefined
      return (await decide({ issuer, fetch }, begin, person ?? {}, redirectUri)).location
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

function toListener({ app }: AuthorizationServer): RequestListener {
  const handle = app.callback()
  return (request, response) => void handle(request, response)
}
