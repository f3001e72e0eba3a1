import * as openid from 'openid-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTestServer, FlowError, type TestServer } from '../../lib/testing/index.ts'

let server: TestServer
beforeAll(async () => {
  server = await createTestServer()
})
afterAll(() => server.close())

describe('a connection', () => {
  test('is made without saying anything, with tokens that are good for what was asked', async () => {
    const connection = await server.connect()
    const { client, subject, tokens } = connection
    expect(client).toBe(server.clients.confidential)
    expect(tokens).toEqual({
      access_token: expect.any(String),
      refresh_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 900,
      scope: client.scope,
    })
    expect(await connection.introspect()).toMatchObject({
      active: true,
      client_id: client.client_id,
      sub: server.companies.nordlysDenmark.id,
      'urn:pleo:params:oauth:subject_urn': subject,
      scope: client.scope,
      aud: 'https://external.pleo.io',
      iss: server.issuer,
    })
  })

  test('is for the client, the person, the company and the scopes that it is asked for', async () => {
    const client = server.clients.public
    const subject = server.companies.nordlysGermany.urn
    const account = server.people.accountant
    const connection = await server.connect({ client, account, subject, scope: 'users:read' })
    expect(await connection.introspect(server.clients.api)).toMatchObject({
      client_id: client.client_id,
      sub: server.companies.nordlysGermany.id,
      scope: 'users:read',
    })
    const which = { subject, clientId: client.client_id }
    const [listed] = await server.server.connections.list(which)
    expect(listed?.grants.map(({ accountId }) => accountId)).toEqual([account.accountId])
  })

  test('can be to an organization', async () => {
    const { subject } = await server.connect({ client: server.clients.organization })
    expect(subject).toBe(server.organizations.nordlysGroup.urn)
  })

  test('can be of a client that was registered meanwhile, which leaves scopes open', async () => {
    const { client: registered, secret = '' } = await server.server.clients.create({
      client_name: 'Registered Later',
      redirect_uris: ['http://localhost:9/callback'],
      scope: 'companies:read users:read users:write',
      optional_scope: 'users:read users:write',
    })
    const client = { ...registered.metadata, client_secret: secret }
    const scopeOf = async (optionalScope?: string): Promise<string> => {
      const choice = optionalScope === undefined ? {} : { optionalScope }
      return (await server.connect({ client, ...choice })).tokens.scope
    }
    expect(await scopeOf()).toBe('companies:read users:read users:write')
    expect(await scopeOf('users:write')).toBe('companies:read users:write')
    expect(await scopeOf('')).toBe('companies:read')
    await expect(scopeOf('companies:read')).rejects.toThrow(
      'the person cannot tick companies:read: the page leaves open users:read, users:write',
    )
  })

  test('refreshes, to less where that is asked for, and keeps what came', async () => {
    const connection = await server.connect({ scope: 'companies:read users:read' })
    const first = connection.tokens
    const second = await connection.refresh('users:read')
    expect(connection.tokens).toBe(second)
    expect(second.scope).toBe('users:read')
    expect(await connection.introspect()).toMatchObject({ active: true, scope: 'users:read' })
    const { client } = connection
    expect(await connection.introspect(client, first.access_token)).toEqual({ active: false })
  })

  test('tells nothing to a client that it is not of', async () => {
    const connection = await server.connect()
    expect(await connection.introspect(server.clients.organization)).toEqual({ active: false })
  })
})

describe('a connection that cannot be made', () => {
  const failure = async (options: Parameters<TestServer['connect']>[0]): Promise<FlowError> => {
    const error: unknown = await server.connect(options).catch((reason: unknown) => reason)
    if (!(error instanceof FlowError)) throw new Error(`no FlowError: ${String(error)}`)
    return error
  }

  test.each(['employee', 'newcomer'] as const)(
    'says that the %s has no authority, and what the page says',
    async (name) => {
      const { message, code } = await failure({ account: server.people[name] })
      expect(code).toBe(undefined)
      expect(message).toMatch(/^the person has no authority to connect anything: .*"You cannot/)
    },
  )

  test('says that it is another company that the person can connect', async () => {
    const { nordlysDenmark, brightBakery } = server.companies
    const { message } = await failure({
      account: server.people.administrator,
      subject: nordlysDenmark.urn,
    })
    expect(message).toBe(
      `the person cannot connect ${nordlysDenmark.urn}: the page offers ${brightBakery.urn}`,
    )
  })

  test('says which error the client was sent for a scope that it is not registered for', async () => {
    const { message, code } = await failure({ scope: 'payments:write' })
    expect(code).toBe('invalid_scope')
    expect(message).toBe(
      'there is no code: what comes is a redirect to https://confidential.client.example/callback' +
        ' with the error invalid_scope (requested scope is not allowed)',
    )
  })

  test('says who was not let in, and never the password', async () => {
    const account = { ...server.people.administrator, password: 'a wrong password' }
    const { message } = await failure({ account })
    expect(message).toMatch(/^sofia@people\.example is not let in: .* Wrong email or password/)
    expect(message).not.toContain(account.password)
  })

  test('says that there is no such client', async () => {
    const { message } = await failure({
      client: { client_id: 'nobody', redirect_uris: ['https://nobody.example/'] },
    })
    expect(message).toContain('(400), which says: ')
    expect(message).toContain('invalid_client')
  })

  test('says that the secret is wrong, and never the secret', async () => {
    const client = { ...server.clients.confidential, client_secret: 'a wrong secret' }
    const { message, code } = await failure({ client })
    expect([message, code]).toEqual([
      'no tokens for authorization_code: 401 invalid_client (client authentication failed)',
      'invalid_client',
    ])
  })
})

describe('a client of its own', () => {
  const scope = 'companies:read'

  async function ask(): Promise<{
    readonly config: openid.Configuration
    readonly url: URL
    readonly checks: openid.AuthorizationCodeGrantChecks
  }> {
    const { client_id: id, client_secret: secret, redirect_uris } = server.clients.confidential
    const issuer = new URL(server.issuer)
    const config = await openid.discovery(issuer, id, secret, undefined, {
      execute: [openid.allowInsecureRequests],
    })
    const pkceCodeVerifier = openid.randomPKCECodeVerifier()
    const expectedState = openid.randomState()
    const url = openid.buildAuthorizationUrl(config, {
      redirect_uri: redirect_uris?.[0] ?? '',
      scope,
      state: expectedState,
      code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
    })
    return { config, url, checks: { pkceCodeVerifier, expectedState } }
  }

  test('asks by itself, and gets the redirect after a person has agreed', async () => {
    const { config, url, checks } = await ask()
    const subject = server.companies.brightBakery.urn
    const callback = await server.authorize(url, { account: server.people.accountant, subject })
    const { access_token } = await openid.authorizationCodeGrant(config, callback, checks)
    const introspection = await openid.tokenIntrospection(config, access_token)
    expect(introspection['urn:pleo:params:oauth:subject_urn']).toBe(subject)
  })

  test.each(['groupAdministrator', 'employee'] as const)(
    'gets the error after the %s has declined',
    async (name) => {
      const { config, url, checks } = await ask()
      const person = { account: server.people[name], decision: 'decline' } as const
      const callback = await server.authorize(url, person)
      await expect(openid.authorizationCodeGrant(config, callback, checks)).rejects.toMatchObject({
        error: 'access_denied',
      })
    },
  )

  test('gets the error of a request that nobody was asked about', async () => {
    const { url, config, checks } = await ask()
    url.searchParams.set('prompt', 'none')
    const callback = await server.authorize(url)
    await expect(openid.authorizationCodeGrant(config, callback, checks)).rejects.toMatchObject({
      error: 'login_required',
    })
  })
})
