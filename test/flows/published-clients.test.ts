import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { AuthorizationCode } from 'simple-oauth2'
import { beforeAll, describe, expect, test } from 'vitest'
import type { ClientMetadata } from '../../lib/index.ts'
import { createBrowser } from '../support/browser.ts'
import { createPkce, post } from '../support/flow.ts'
import { bakery, idOf, password } from '../support/people.ts'
import { areActive } from '../support/requests.ts'
import {
  audience,
  confidential,
  publicClient,
  resourceServer,
  useServer,
} from '../support/server.ts'

const server = useServer()
let issuer: string
beforeAll(() => void ({ issuer } = server))

const [redirectUri = ''] = confidential.redirect_uris ?? []
const scope = 'companies:read users:read'

/** The person's part: signs in, agrees, and brings the answer back to the client. */
async function agree(url: URL | string): Promise<URL> {
  const browser = createBrowser()
  const login = await browser.go(String(url))
  const page = await browser.submit(login, { username: 'sofia@example.test', password })
  const { location } = await browser.submit(page, { decision: 'allow', subject: bakery })
  if (!location) throw new Error('the browser was not sent back to the client')
  return location
}

const expectLive = async (tokens: readonly (string | undefined)[]): Promise<void> =>
  expect(await areActive(issuer, tokens.map(String))).toEqual(tokens.map(() => true))

const discoverAsApi = (): Promise<openid.Configuration> =>
  openid.discovery(
    new URL(issuer),
    resourceServer.client_id,
    resourceServer.client_secret,
    undefined,
    {
      execute: [openid.allowInsecureRequests],
      algorithm: 'oauth2',
    },
  )

describe.each([
  ['RFC 8414', 'oauth2'],
  ['OpenID Connect Discovery', 'oidc'],
] as const)('openid-client, with the metadata of %s', (_, algorithm) => {
  test.each([
    ['basic', confidential, openid.ClientSecretBasic(confidential.client_secret)],
    ['post', confidential, openid.ClientSecretPost(confidential.client_secret)],
    ['no', publicClient, openid.None()],
  ] as const)('walks the whole way with %s authentication', async (_name, client, method) => {
    const config = await openid.discovery(new URL(issuer), client.client_id, undefined, method, {
      algorithm,
      execute: [openid.allowInsecureRequests],
    })
    const pkceCodeVerifier = openid.randomPKCECodeVerifier()
    const expectedState = openid.randomState()
    const url = openid.buildAuthorizationUrl(config, {
      redirect_uri: client.redirect_uris?.[0] ?? '',
      scope: 'companies:read',
      state: expectedState,
      code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
    })
    const checks = { pkceCodeVerifier, expectedState }
    const first = await openid.authorizationCodeGrant(config, await agree(url), checks)
    expect([first.token_type, first.expires_in]).toEqual(['bearer', 900])

    const second = await openid.refreshTokenGrant(config, first.refresh_token ?? '')
    expect(second.refresh_token).not.toBe(first.refresh_token)
    // A public client cannot ask (RFC 7662, Section 2.1).
    const reader = client === publicClient ? await discoverAsApi() : config
    expect(await openid.tokenIntrospection(reader, second.access_token)).toMatchObject({
      active: true,
      sub: idOf(bakery),
      aud: audience,
      client_id: client.client_id,
    })
    await openid.tokenRevocation(config, second.refresh_token ?? '')
    expect(await openid.tokenIntrospection(reader, second.access_token)).toEqual({ active: false })
  })
})

describe('oauth4webapi', () => {
  const insecure = { [oauth.allowInsecureRequests]: true }
  const client: oauth.Client = { client_id: confidential.client_id }

  const discover = async (algorithm: 'oauth2' | 'oidc'): Promise<oauth.AuthorizationServer> => {
    const url = new URL(issuer)
    const response = await oauth.discoveryRequest(url, { algorithm, ...insecure })
    return oauth.processDiscoveryResponse(url, response)
  }

  const authorize = async (as: oauth.AuthorizationServer, verifier: string): Promise<URL> => {
    const url = new URL(as.authorization_endpoint ?? '')
    url.search = new URLSearchParams({
      response_type: 'code',
      client_id: client.client_id,
      redirect_uri: redirectUri,
      scope,
      state: 'a-state',
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    }).toString()
    return agree(url)
  }

  test.each([
    ['oauth2', 'basic', oauth.ClientSecretBasic(confidential.client_secret)],
    ['oauth2', 'post', oauth.ClientSecretPost(confidential.client_secret)],
    ['oidc', 'basic', oauth.ClientSecretBasic(confidential.client_secret)],
    ['oidc', 'post', oauth.ClientSecretPost(confidential.client_secret)],
  ] as const)(
    'walks the whole way: %s metadata, %s authentication',
    async (algorithm, _, method) => {
      const as = await discover(algorithm)
      const verifier = oauth.generateRandomCodeVerifier()
      const back = await authorize(as, verifier)
      const params = oauth.validateAuthResponse(as, client, back, 'a-state')
      const first = await oauth.processAuthorizationCodeResponse(
        as,
        client,
        await oauth.authorizationCodeGrantRequest(
          as,
          client,
          method,
          params,
          redirectUri,
          verifier,
          insecure,
        ),
      )
      expect(first).toMatchObject({ token_type: 'bearer', expires_in: 900, scope })
      const second = await oauth.processRefreshTokenResponse(
        as,
        client,
        await oauth.refreshTokenGrantRequest(
          as,
          client,
          method,
          first.refresh_token ?? '',
          insecure,
        ),
      )
      const ask = async (): Promise<oauth.IntrospectionResponse> =>
        oauth.processIntrospectionResponse(
          as,
          client,
          await oauth.introspectionRequest(as, client, method, second.access_token, insecure),
        )
      expect(await ask()).toMatchObject({ active: true, sub: idOf(bakery), iss: issuer })
      const token = second.refresh_token ?? ''
      await oauth.processRevocationResponse(
        await oauth.revocationRequest(as, client, method, token, insecure),
      )
      expect(await ask()).toEqual({ active: false })
    },
  )

  test('finds iss in the answer, and refuses another', async () => {
    const as = await discover('oauth2')
    expect(as.authorization_response_iss_parameter_supported).toBe(true)
    const back = await authorize(as, oauth.generateRandomCodeVerifier())
    const mixedUp = new URL(back)
    mixedUp.searchParams.set('iss', 'https://evil.example.test')
    const without = new URL(back)
    without.searchParams.delete('iss')
    for (const url of [mixedUp, without]) {
      expect(() => oauth.validateAuthResponse(as, client, url, 'a-state')).toThrow(/iss/)
    }
    expect(oauth.validateAuthResponse(as, client, back, 'a-state').get('iss')).toBe(issuer)
  })
})

describe('simple-oauth2', () => {
  test.each(['header', 'body'] as const)(
    'walks the whole way with its credentials in the %s',
    async (authorizationMethod) => {
      const client = new AuthorizationCode({
        client: { id: confidential.client_id, secret: confidential.client_secret },
        auth: {
          tokenHost: issuer,
          tokenPath: '/oauth/token',
          revokePath: '/oauth/token/revoke',
          authorizePath: '/oauth/authorize',
        },
        options: { authorizationMethod },
      })
      const { verifier, challenge } = createPkce()
      const url = client.authorizeURL({
        redirect_uri: redirectUri,
        scope,
        state: 'a-state',
        code_challenge: challenge,
        code_challenge_method: 'S256',
      })
      const back = await agree(url)
      const first = await client.getToken({
        code: back.searchParams.get('code') ?? '',
        redirect_uri: redirectUri,
        code_verifier: verifier,
      })
      expect(first.token).toMatchObject({ token_type: 'Bearer', expires_in: 900, scope })
      expect(first.expired()).toBe(false)
      const second = await first.refresh()
      const { access_token, refresh_token } = second.token
      await expectLive([String(access_token), String(refresh_token)])
      await second.revokeAll()
      const both = [String(access_token), String(refresh_token)]
      expect(await areActive(issuer, both)).toEqual([false, false])
    },
  )
})

describe('requests sent by hand, as published samples do it', () => {
  const registered: ClientMetadata = confidential
  const { client_id, client_secret } = registered

  test('walk the whole way with client_id and client_secret in the body', async () => {
    const { verifier, challenge } = createPkce()
    const query = new URLSearchParams({
      client_id,
      redirect_uri: redirectUri,
      response_type: 'code',
      scope,
      state: 'a-state',
      code_challenge: challenge,
      code_challenge_method: 'S256',
    })
    const back = await agree(`${issuer}/oauth/authorize?${query}`)
    expect([...back.searchParams.keys()]).toEqual(['code', 'state', 'iss'])
    const first = await post(`${issuer}/oauth/token`, {
      grant_type: 'authorization_code',
      client_id,
      client_secret,
      code: back.searchParams.get('code') ?? '',
      redirect_uri: redirectUri,
      code_verifier: verifier,
    })
    expect(first.status).toBe(200)
    const second = await post(`${issuer}/oauth/token`, {
      grant_type: 'refresh_token',
      client_id,
      client_secret,
      refresh_token: String(first.body['refresh_token']),
    })
    expect(second.status).toBe(200)
    await expectLive([String(second.body['access_token']), String(second.body['refresh_token'])])
  })
})
