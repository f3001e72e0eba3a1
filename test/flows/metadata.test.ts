import { beforeAll, describe, expect, test } from 'vitest'
import { pleoScopes } from '../../lib/index.ts'
import { post } from '../support/flow.ts'
import {
  ask,
  basic,
  requestUrl,
  send,
  toJson,
  toRedirect,
  type RawAnswer,
} from '../support/requests.ts'
import { confidential, useServer } from '../support/server.ts'

const server = useServer()
let issuer: string
beforeAll(() => void ({ issuer } = server))

const oauthPath = '/.well-known/oauth-authorization-server'
const openidPath = '/.well-known/openid-configuration'

const metadataAt = async (path: string): Promise<Record<string, unknown>> =>
  toJson(await send(issuer + path))

const methods = ['client_secret_basic', 'client_secret_post', 'none']

const expected = () => ({
  issuer,
  authorization_endpoint: `${issuer}/oauth/authorize`,
  token_endpoint: `${issuer}/oauth/token`,
  introspection_endpoint: `${issuer}/oauth/token/introspect`,
  revocation_endpoint: `${issuer}/oauth/token/revoke`,
  pushed_authorization_request_endpoint: `${issuer}/oauth/par`,
  jwks_uri: `${issuer}/oauth/jwks`,
  authorization_response_iss_parameter_supported: true,
  response_types_supported: ['code'],
  response_modes_supported: ['query'],
  grant_types_supported: ['authorization_code', 'refresh_token'],
  code_challenge_methods_supported: ['S256'],
  token_endpoint_auth_methods_supported: methods,
  introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
  revocation_endpoint_auth_methods_supported: methods,
  dpop_signing_alg_values_supported: ['ES256', 'Ed25519', 'EdDSA'],
  scopes_supported: Object.keys(pleoScopes),
  prompt_values_supported: ['none', 'login', 'select_account', 'consent'],
  ui_locales_supported: ['en', 'da', 'de', 'es', 'fi', 'fr', 'it', 'nb', 'nl', 'pt', 'sv'],
})

describe('the metadata', () => {
  test('of RFC 8414 says what is on, and no more', async () => {
    const metadata = await metadataAt(oauthPath)
    expect(metadata).toEqual({ ...expected(), ...unlessSaidOtherwise(metadata) })
  })

  test('of OpenID Connect Discovery says the same, and what that specification requires', async () => {
    const metadata = await metadataAt(openidPath)
    expect(metadata).toEqual({
      ...expected(),
      ...unlessSaidOtherwise(metadata),
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: [],
    })
  })

  test('of OpenID Connect Discovery has what AppAuth requires, and no client takes this for an OpenID provider', async () => {
    const metadata = await metadataAt(openidPath)
    // AppAuth for Android and iOS look whether each is there.
    expect(metadata).toMatchObject({
      issuer,
      authorization_endpoint: expect.any(String),
      token_endpoint: expect.any(String),
      jwks_uri: expect.any(String),
      response_types_supported: expect.any(Array),
      subject_types_supported: expect.any(Array),
      id_token_signing_alg_values_supported: expect.any(Array),
    })
    // better-auth 1.7 adds `openid` to the scope if one algorithm is named.
    expect(metadata['id_token_signing_alg_values_supported']).toHaveLength(0)
    expect(metadata['scopes_supported']).not.toContain('openid')
    for (const name of ['userinfo_endpoint', 'end_session_endpoint', 'claims_supported']) {
      expect(metadata).not.toHaveProperty(name)
    }
  })

  test('of OpenID Connect Discovery says that request_uri is off, which left out means on', async () => {
    const metadata = await metadataAt(openidPath)
    expect(metadata['request_uri_parameter_supported']).toBe(false)
  })

  // Saying false outright is as good as the default, where that is false.
  const unlessSaidOtherwise = (metadata: Record<string, unknown>): Record<string, unknown> =>
    Object.fromEntries(
      [
        'claims_parameter_supported',
        'request_parameter_supported',
        'request_uri_parameter_supported',
        'require_pushed_authorization_requests',
      ]
        .filter((name) => metadata[name] === false)
        .map((name) => [name, false]),
    )

  test('names grants that work, and no other works', async () => {
    const { grant_types_supported } = await metadataAt(oauthPath)
    const grants = [
      'authorization_code',
      'refresh_token',
      'client_credentials',
      'password',
      'urn:ietf:params:oauth:grant-type:device_code',
      'urn:ietf:params:oauth:grant-type:token-exchange',
      'urn:openid:params:grant-type:ciba',
    ]
    const works = await Promise.all(
      grants.map(async (grant_type) => {
        const answer = await post(`${issuer}/oauth/token`, { grant_type }, basic(confidential))
        return answer.body['error'] !== 'unsupported_grant_type'
      }),
    )
    expect(grants.filter((_, index) => works[index])).toEqual(grant_types_supported)
  })

  test('names response types that work, and no other works', async () => {
    const { response_types_supported } = await metadataAt(oauthPath)
    const types = ['code', 'token', 'id_token', 'code id_token', 'code token', 'none']
    const works = await Promise.all(
      types.map(async (response_type) => {
        const { text } = await ask(issuer, { response_type })
        return text.includes(`action="${issuer}/oauth/interaction/`)
      }),
    )
    expect(types.filter((_, index) => works[index])).toEqual(response_types_supported)
  })

  test('names endpoints that answer', async () => {
    const metadata = await metadataAt(oauthPath)
    const urls = Object.entries(metadata).filter(([name]) => /_endpoint$|^jwks_uri$/.test(name))
    expect(urls).toHaveLength(6)
    for (const [name, url] of urls) {
      const isRead = name === 'jwks_uri' || name === 'authorization_endpoint'
      const { status } = await send(String(url), { method: isRead ? 'GET' : 'POST' })
      expect([name, status]).toEqual([name, name === 'jwks_uri' ? 200 : 400])
    }
  })
})

describe('what is off answers 404', () => {
  test.each(['/oauth/me', '/oauth/register', '/oauth/device', '/oauth/session/end', '/me', '/reg'])(
    '%s',
    async (path) => {
      for (const method of ['GET', 'POST']) {
        expect((await send(issuer + path, { method })).status).toBe(404)
      }
    },
  )
})

test('the keys are public, and only that', async () => {
  const answer = await send(`${issuer}/oauth/jwks`)
  expect(answer.headers['content-type']).toMatch(/^application\/(jwk-set\+)?json/)
  const { keys } = toJson(answer) as { keys: Record<string, unknown>[] }
  expect(keys).toHaveLength(1)
  const members = new Set(keys.flatMap((key) => Object.keys(key)))
  expect([...members].toSorted()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
})

describe('a Host header of somebody else changes nothing', () => {
  const hosts: readonly Record<string, string>[] = [
    { host: 'evil.test' },
    { host: 'evil.test', 'x-forwarded-host': 'evil.test', 'x-forwarded-proto': 'https' },
    { 'x-forwarded-host': 'evil.test', forwarded: 'host=evil.test;proto=https' },
  ]
  const everywhere = ({ headers, text }: RawAnswer): string => JSON.stringify(headers) + text

  test.each(hosts)('in the metadata: %j', async (headers) => {
    for (const path of [oauthPath, openidPath]) {
      const answer = await send(issuer + path, { headers })
      expect(toJson(answer)).toEqual(await metadataAt(path))
      expect(everywhere(answer)).not.toContain('evil.test')
    }
  })

  test.each(hosts)('in redirects, to the person and to the client: %j', async (headers) => {
    const body = new URL(requestUrl(issuer)).searchParams
    const open = await send(`${issuer}/oauth/authorize`, { body, headers })
    expect(open.headers.location?.startsWith(`${issuer}/oauth/interaction/`)).toBe(true)
    const refused = await send(requestUrl(issuer, { scope: 'bogus:read' }), { headers })
    expect(toRedirect(refused).params['iss']).toBe(issuer)
    const crossSite = await send(`${issuer}/oauth/authorize`, {
      body: new URLSearchParams({ a: 'b' }),
      headers: { ...headers, 'sec-fetch-site': 'cross-site' },
    })
    expect(crossSite.headers.location).toBe(`${issuer}/oauth/authorize?a=b`)
    for (const answer of [open, refused, crossSite]) {
      expect(everywhere(answer)).not.toContain('evil.test')
    }
  })

  test.each(hosts)('on pages, in their forms: %j', async (headers) => {
    const open = await send(requestUrl(issuer), { headers })
    const cookie = (open.headers['set-cookie'] ?? []).map((line) => line.split(';')[0]).join('; ')
    const [, action = ''] = /action="([^"]+)"/.exec(open.text) ?? []
    expect(action.startsWith(`${issuer}/oauth/interaction/`)).toBe(true)
    const page = await send(action, { headers: { ...headers, cookie } })
    expect(page.status).toBe(200)
    expect(page.text).toContain(`action="${action}"`)
    for (const answer of [open, page]) expect(everywhere(answer)).not.toContain('evil.test')
  })

  test.each(hosts)('in what a client is challenged with: %j', async (headers) => {
    const body = new URLSearchParams({ token: 'x' })
    const wrong = { ...headers, ...basic(confidential, 'wrong') }
    const answer = await send(`${issuer}/oauth/token/introspect`, { body, headers: wrong })
    expect(answer.headers['www-authenticate']).toContain(`realm="${issuer}"`)
    expect(everywhere(answer)).not.toContain('evil.test')
  })
})
