import { calculateJwkThumbprint, exportJWK } from 'jose'
import Koa from 'koa'
import * as openid from 'openid-client'
import { afterEach, describe, expect, test } from 'vitest'
import type { ClientMetadata } from '../../lib/index.ts'
import { createTestServer, type TestServer } from '../../lib/testing/index.ts'
import { mountAtRoot } from '../support/hosts.ts'

const running: TestServer[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()))
})

const own: ClientMetadata = {
  client_id: 'own',
  client_secret: 'the-secret-of-own-of-32-characters-at-least',
  client_name: 'Own Client',
  redirect_uris: ['https://own.example.test/callback'],
  scope: 'companies:read',
}
const { client_secret: _, ...ownPublic }: ClientMetadata = {
  ...own,
  token_endpoint_auth_method: 'none',
}
const both = [
  ['confidential', own],
  ['public', ownPublic],
] as const

const issuer = 'https://auth.example.test/tenant'

async function start(client: ClientMetadata): Promise<TestServer> {
  const server = await createTestServer({ issuer, clients: [client] })
  running.push(server)
  return server
}

describe('the redirect to a client', () => {
  test.each([
    ['a private scheme', 'com.example.app:/cb'],
    ['a private scheme with more', 'com.example.app:/cb/more?from=pleo'],
    ['a loopback address', 'http://127.0.0.1:9/cb'],
  ])('can have %s', async (_kind, redirectUri) => {
    const client: ClientMetadata = {
      ...ownPublic,
      application_type: 'native',
      redirect_uris: [redirectUri],
    }
    const server = await start(client)
    const connection = await server.connect({ client })
    expect((await connection.introspect()).active).toBe(true)
  })

  test('is named in an error, with its private scheme', async () => {
    const redirect_uris = ['com.example.app:/cb']
    const client: ClientMetadata = { ...ownPublic, application_type: 'native', redirect_uris }
    const server = await start(client)
    await expect(server.connect({ client, scope: 'users:read' })).rejects.toThrow(
      'there is no code: what comes is a redirect to com.example.app:/cb with the error invalid_scope',
    )
  })

  test.each(['https://auth.example.test/callback', `${issuer}/callback?from=pleo`])(
    'can be at the origin of the issuer, where nobody follows it: %s',
    async (redirectUri) => {
      const client = { ...own, redirect_uris: [redirectUri] }
      const server = await start(client)
      const connection = await server.connect({ client })
      expect((await connection.introspect()).active).toBe(true)
    },
  )

  test('can be at the origin of the issuer for a client that asks by itself', async () => {
    const redirectUri = 'https://auth.example.test/callback'
    const server = await start({ ...own, redirect_uris: [redirectUri] })
    const config = await openid.discovery(
      new URL(issuer),
      own.client_id,
      own.client_secret,
      undefined,
      { [openid.customFetch]: server.fetch },
    )
    const pkceCodeVerifier = openid.randomPKCECodeVerifier()
    const parameters = {
      redirect_uri: redirectUri,
      scope: 'companies:read',
      code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
    }
    for (const url of [
      openid.buildAuthorizationUrl(config, parameters),
      await openid.buildAuthorizationUrlWithPAR(config, parameters),
    ]) {
      const callback = await server.authorize(url)
      expect(callback.origin + callback.pathname).toBe(redirectUri)
      const tokens = await openid.authorizationCodeGrant(config, callback, { pkceCodeVerifier })
      expect(tokens.scope).toBe('companies:read')
    }
  })

  test('is not followed there either where a host takes from it what it must have', async () => {
    const client = { ...own, redirect_uris: ['https://auth.example.test/callback'] }
    const server = await createTestServer({
      issuer: 'https://auth.example.test',
      clients: [client],
      host: ({ app }) => {
        const parent = new Koa()
        parent.use(async (ctx, next) => {
          await next()
          const location = ctx.response.get('location')
          if (location) ctx.set('location', location.replace(/&iss=[^&]+/, ''))
        })
        parent.use(mountAtRoot(app))
        const handle = parent.callback()
        return (request, response) => void handle(request, response)
      },
    })
    running.push(server)
    await expect(server.connect({ client })).rejects.toThrow(
      'the redirect does not answer the request: a redirect to https://auth.example.test/callback',
    )
  })

  test.each(['/', '/call', '/callback/more'])(
    'is refused where it leads elsewhere: to %s',
    async (path) => {
      const client = { ...own, redirect_uris: ['https://own.example.test/callback'] }
      const server = await start(client)
      const { username, password } = server.people.groupAdministrator
      // A host that sends the browser somewhere else with an answer that is right otherwise.
      const connecting = server.connect({
        client,
        account: async (page, browser) => {
          const consent = await browser.submit(page, { username, password })
          const answer = await browser.submit(consent, {
            decision: 'allow',
            subject: server.companies.nordlysDenmark.urn,
          })
          const location = new URL(answer.location ?? '')
          location.pathname = path
          return { ...answer, location }
        },
      })
      await expect(connecting).rejects.toThrow(
        `the redirect does not answer the request: a redirect to https://own.example.test${path}`,
      )
    },
  )
})

describe('a client that has to push its requests', () => {
  test.each(both)('is connected: a %s one', async (_kind, metadata) => {
    const client = { ...metadata, require_pushed_authorization_requests: true }
    const server = await start(client)
    const connection = await server.connect({ client })
    expect((await connection.introspect()).active).toBe(true)
  })

  test('is told which error its pushed request has', async () => {
    const client = { ...own, require_pushed_authorization_requests: true }
    const server = await start(client)
    await expect(server.connect({ client, scope: 'users:read' })).rejects.toMatchObject({
      message: expect.stringMatching(/^no pushed request: 400 invalid_scope \(/),
      code: 'invalid_scope',
    })
  })
})

describe('a client whose tokens are bound to a key', () => {
  const connectBound = async (metadata: ClientMetadata) => {
    const client = { ...metadata, dpop_bound_access_tokens: true }
    const server = await start(client)
    return { server, client, connection: await server.connect({ client }) }
  }

  test.each(both)('is connected, with the key: a %s one', async (_kind, metadata) => {
    const { server, connection } = await connectBound(metadata)
    expect(connection.tokens.token_type).toBe('DPoP')
    if (!connection.dpop) throw new Error('there is no key')
    const jkt = await calculateJwkThumbprint(await exportJWK(connection.dpop.publicKey))
    const expected = { active: true, cnf: { jkt } }
    expect(await connection.introspect()).toMatchObject(expected)
    server.clock.advance(900)
    await connection.refresh()
    expect(await connection.introspect(server.clients.api)).toMatchObject(expected)
    await connection.lostRefreshResponse()
    await connection.refresh()
    await connection.replay()
    expect(await connection.introspect()).toEqual({ active: false })
  })

  test('goes on with the key by itself', async () => {
    const { server, client, connection } = await connectBound(ownPublic)
    const config = await openid.discovery(
      new URL(issuer),
      client.client_id,
      undefined,
      openid.None(),
      { [openid.customFetch]: server.fetch },
    )
    const { dpop, tokens } = connection
    if (!dpop) throw new Error('there is no key')
    const DPoP = openid.getDPoPHandle(config, dpop)
    const { token_type: type } = await openid.refreshTokenGrant(
      config,
      tokens.refresh_token,
      undefined,
      { DPoP },
    )
    expect(type).toBe('dpop')
  })

  test('has a key of its own, and others have none', async () => {
    const { server, client, connection } = await connectBound(own)
    const other = await server.connect({ client })
    const { cnf } = await connection.introspect()
    expect((await other.introspect()).cnf).not.toEqual(cnf)
    expect((await server.connect()).dpop).toBe(undefined)
  })
})
