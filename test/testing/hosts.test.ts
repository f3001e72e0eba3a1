import { createServer, type RequestListener } from 'node:http'
import { join } from 'node:path'
import Koa from 'koa'
import * as openid from 'openid-client'
import { describe, expect, test } from 'vitest'
import { createMemoryAdapter } from '../../adapters/memory.ts'
import {
  ConfigurationError,
  createAuthorizationServer,
  type AccountsWithHostSignIn,
  type AccountsWithPassword,
  type AuthorizationServer,
  type ClientMetadata,
} from '../../lib/index.ts'
import { createTestServer, type SignIn, type TestServer } from '../../lib/testing/index.ts'
import { createFolder } from '../support/folder.ts'
import { createHostSession, mountAtRoot, mountBelow } from '../support/hosts.ts'
import { closingAfterEach } from '../support/kept-test-servers.ts'
import { bakery, createAccounts, nordlysDenmark, password } from '../support/people.ts'
import { listen } from '../support/server.ts'

const keep = closingAfterEach()

const sofia = { username: 'sofia@example.test', password }
const own: ClientMetadata = {
  client_id: 'own',
  client_secret: 'the-secret-of-own-of-32-characters-at-least',
  client_name: 'Own Client',
  redirect_uris: ['https://own.example.test/callback'],
  scope: 'budgets:read',
}

describe('an embedder who tests options', () => {
  test('brings people, who take the place of those that are there', async () => {
    const server = keep(await createTestServer({ accounts: createAccounts() }))
    const connection = await server.connect({ account: sofia })
    expect(connection.subject).toBe(bakery)
    await expect(server.connect()).rejects.toThrow(
      /^nobody signs in \(account\) on the page "Sign in \| Pleo"/,
    )
    await expect(server.connect({ account: server.people.administrator })).rejects.toThrow(
      'sofia@people.example is not let in',
    )
  })

  test('brings scopes, an audience and clients, beside those that are there', async () => {
    const scopes = {
      'budgets:read': { description: { en: 'See budgets' }, access: 'read' },
    } as const
    const audience = 'https://budgets.example.test'
    const server = keep(
      await createTestServer({ resourceServer: { audience, scopes }, clients: [own] }),
    )
    for (const client of [own, server.clients.public]) {
      const connection = await server.connect({ client })
      expect(connection.tokens.scope).toBe('budgets:read')
      expect(await connection.introspect(server.clients.api)).toMatchObject({ aud: audience })
    }
  })

  test('brings templates', async () => {
    const theme = join(import.meta.dirname, '../../examples/server/themes/lantern')
    const folder = createFolder({
      'consent.njk': `{% extends 'pleo/consent.njk' %}
{% block actions %}
<p><label>A note for yourself <input name="note" value="mine"></label></p>
{{ super() }}
{% endblock %}`,
    })
    const views = { directories: [folder, join(theme, 'views')], locales: [join(theme, 'locales')] }
    const server = keep(await createTestServer({ views }))
    const connection = await server.connect()
    await connection.revokedByPerson()
    expect(await connection.introspect()).toEqual({ active: false })
  })

  test('has an issuer that is not of this machine, which its own fetch reaches', async () => {
    const issuer = 'https://auth.example.test/tenant'
    const server = keep(await createTestServer({ issuer }))
    expect(server.issuer).toBe(issuer)
    const connection = await server.connect()
    await connection.refresh()
    const { client_id: id, client_secret: secret } = server.clients.confidential
    const config = await openid.discovery(new URL(issuer), id, secret, undefined, {
      [openid.customFetch]: server.fetch,
    })
    const { access_token } = connection.tokens
    expect((await openid.tokenIntrospection(config, access_token)).active).toBe(true)
    await connection.revokedByPerson()
    expect((await openid.tokenIntrospection(config, access_token)).active).toBe(false)
  })

  test('has an issuer below a path of the free port', async () => {
    const server = keep(await createTestServer({ issuer: '/auth' }))
    expect(server.issuer).toBe(`${server.url}/auth`)
    const connection = await server.connect()
    expect((await connection.introspect()).iss).toBe(server.issuer)
  })

  test('is told every mistake in them, by their place, and nothing is left listening', async () => {
    const listening = (): number =>
      process.getActiveResourcesInfo().filter((name) => name === 'TCPServerWrap').length
    const wrong = { ...own, redirect_uris: ['http://own.example.test/'] }
    const starting = createTestServer({ clients: [wrong], refreshRetryWindow: -1 })
    const error: unknown = await starting.catch((reason: unknown) => reason)
    if (!(error instanceof ConfigurationError)) throw error
    expect(error.issues.map(({ path }) => path)).toEqual([
      'refreshRetryWindow',
      'clients[0].redirect_uris[0]',
      'clients[0].scope[0]',
    ])
    await expect.poll(listening).toBe(0)
  })
})

describe('a host with its own sign-in', () => {
  const people = createAccounts()
  const session = createHostSession()
  const accounts: AccountsWithHostSignIn = {
    find: (id) => people.find(id),
    subjects: (id, options) => people.subjects(id, options),
    signInUrl: '/login',
    signedIn: (ctx) => {
      const id = session.accountIdOf(ctx)
      return typeof id === 'string' ? id : undefined
    },
  }

  const signInAs =
    (as: string): SignIn =>
    (page, browser) => {
      expect(page.text).toContain("the host's own sign-in page")
      const url = new URL(page.url)
      url.searchParams.set('as', as)
      return browser.go(url)
    }

  const start = async (): Promise<TestServer> =>
    keep(
      await createTestServer({
        issuer: '/auth',
        accounts,
        host: ({ app }) => {
          const parent = new Koa()
          parent.use(session.middleware)
          parent.use(mountBelow('/auth', app))
          const handle = parent.callback()
          return (request, response) => void handle(request, response)
        },
      }),
    )

  test('signs a person in, who connects and ends it', async () => {
    const server = await start()
    const connection = await server.connect({ account: signInAs('jonas') })
    expect(connection.subject).toBe(nordlysDenmark)
    await connection.refresh()
    await connection.revokedByPerson()
    expect(await connection.introspect()).toEqual({ active: false })
  })

  test('signs in somebody without authority, and connect says so', async () => {
    const server = await start()
    await expect(server.connect({ account: signInAs('emil') })).rejects.toThrow(
      'the person has no authority to connect anything',
    )
  })

  test('is on the way where nobody says how to sign in there', async () => {
    const server = await start()
    await expect(server.connect()).rejects.toThrow(
      "there is nothing to agree to: what comes is the page (200), which says: the host's own sign-in page",
    )
  })

  test('may be another origin, which the browser goes to when it is told', async () => {
    const elsewhere = createServer((request, response) => {
      const { searchParams } = new URL(request.url ?? '', 'http://elsewhere')
      if (request.method !== 'POST') return response.end('<form method="post"><input name="who">')
      return response.writeHead(303, { location: searchParams.get('return_to') ?? '' }).end()
    })
    const signInUrl = `${await listen(elsewhere)}/sign-in`
    let signedIn: string | undefined
    const server = keep(
      await createTestServer({
        accounts: { ...accounts, signInUrl, signedIn: () => signedIn },
      }),
    )
    const account: SignIn = async (page, browser) => {
      const form = await browser.go(page.location ?? '')
      const url = form.url.href
      signedIn = 'sofia'
      return browser.go(url, { method: 'POST', body: new URLSearchParams({ who: 'sofia' }) })
    }
    const connection = await server.connect({ account })
    expect(connection.subject).toBe(bakery)
    await expect(
      server.connect({ client: server.clients.public }).then(() => {
        signedIn = undefined
        return server.connect()
      }),
    ).rejects.toThrow(`there is no code: what comes is a redirect to ${signInUrl}`)
    elsewhere.closeAllConnections()
    elsewhere.close()
  })
})

describe('a server that is there already', () => {
  const accounts: AccountsWithPassword = createAccounts()
  const make = (issuer: string) =>
    createAuthorizationServer({
      issuer,
      cookieKeys: ['a key for the cookies of the tests'],
      accounts,
      resourceServer: { audience: 'https://api.example.test' },
      clients: [{ ...own, scope: 'companies:read' }],
      storage: createMemoryAdapter(),
      signingKeys: 'ephemeral',
    })
  const client = { ...own, scope: 'companies:read' }

  test('is tested under the issuer that it has, alone', async () => {
    const wrapped = make('https://auth.example.test')
    const server = keep(await createTestServer({ server: wrapped }))
    expect(server.issuer).toBe('https://auth.example.test')
    expect(server.server).toBe(wrapped)
    const connection = await server.connect({ client, account: sofia })
    server.clock.advance(900)
    expect(await connection.introspect()).toEqual({ active: false })
    await connection.lostRefreshResponse()
    await connection.refresh()
    await connection.revokedByPerson()
    expect(await connection.introspect()).toEqual({ active: false })
  })

  test('is tested in the application that it is a part of', async () => {
    const wrapped = make('https://app.example.test')
    const parent = new Koa()
    parent.use(mountAtRoot(wrapped.app))
    parent.use((ctx) => {
      ctx.body = 'the host'
    })
    const handle = parent.callback()
    const server = keep(
      await createTestServer({
        server: wrapped,
        host: (request, response) => void handle(request, response),
      }),
    )
    expect(await (await server.fetch('https://app.example.test/')).text()).toBe('the host')
    const connection = await server.connect({ client, account: sofia })
    expect((await connection.introspect()).active).toBe(true)
  })

  test.each([
    [bakery, ['new', 'old'], ['old', 'new']],
    ['This page is no longer valid', ['new'], ['old']],
  ])('is tested as two processes: %s with the cookie keys %j and %j', async (comes, ...lists) => {
    const storage = createMemoryAdapter()
    const resourceServer = { audience: 'https://api.example.test' }
    const [server, other] = lists.map((cookieKeys) =>
      createAuthorizationServer({
        issuer: 'https://auth.example.test',
        storage,
        signingKeys: 'ephemeral',
        cookieKeys: cookieKeys.map((key) => key.padEnd(32, '.')),
        accounts: createAccounts(),
        clients: [client],
        resourceServer,
      }),
    ) as [AuthorizationServer, AuthorizationServer]
    const handlers = [server.app.callback(), other.app.callback()]
    const host: RequestListener = (request, response) => {
      handlers.reverse()
      void handlers[0]?.(request, response)
    }
    const wrapped = keep(await createTestServer({ server, host }))
    const coming = wrapped.connect({ client, account: sofia }).then(
      ({ subject }) => subject,
      (error: unknown) => String(error),
    )
    expect(await coming).toContain(comes)
  })

  test('has no people and clients that could be left out', async () => {
    const server = keep(await createTestServer({ server: make('https://auth.example.test') }))
    // @ts-expect-error a client is needed
    await expect(server.connect({ account: sofia })).rejects.toThrow(/^client is missing/)
    // @ts-expect-error there are no people of the test server
    expect(server.people).toBe(undefined)
    // @ts-expect-error nor options, of what is there already
    const both = createTestServer({ server: server.server, lifetimes: {} })
    await expect(both).rejects.toThrow(/there can only be host: not lifetimes$/)
  })
})
