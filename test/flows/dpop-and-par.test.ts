import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { beforeAll, describe, expect, test } from 'vitest'
import { createProofKeys, prove as proveAt, type ProofKeys } from '../support/dpop.ts'
import { consent, createPkce, introspect, post, redeem, refresh } from '../support/flow.ts'
import type { Answer, Tokens } from '../support/flow.ts'
import { areActive, ask, basic, requestUrl, toRedirect } from '../support/requests.ts'
import { confidential, publicClient, resourceServer, useServer } from '../support/server.ts'

const bound = {
  client_id: 'bound',
  redirect_uris: ['https://bound.example.test/callback'],
  scope: 'companies:read',
  token_endpoint_auth_method: 'none' as const,
  dpop_bound_access_tokens: true,
}

const pushing = {
  client_id: 'pushing',
  client_secret: 'pushing-secret',
  redirect_uris: ['https://pushing.example.test/callback'],
  scope: 'companies:read',
  require_pushed_authorization_requests: true,
}

const clients = [confidential, publicClient, resourceServer, bound, pushing]
const server = useServer({ clients })
let issuer: string
beforeAll(() => void ({ issuer } = server))

const prove = (
  keys: ProofKeys,
  claims: Record<string, unknown> = {},
): Promise<Record<string, string>> => proveAt(keys, `${issuer}/oauth/token`, claims)

const refreshWith = (headers: Record<string, string>, refresh_token: string): Promise<Answer> =>
  post(
    `${issuer}/oauth/token`,
    { grant_type: 'refresh_token', refresh_token, client_id: bound.client_id },
    headers,
  )

async function connectWith(keys: ProofKeys): Promise<Tokens> {
  const { code, verifier: code_verifier } = await consent(issuer, { client: bound })
  const [redirect_uri] = bound.redirect_uris
  const { client_id } = bound
  const grant = { grant_type: 'authorization_code', code, code_verifier, redirect_uri, client_id }
  const { status, body } = await post(`${issuer}/oauth/token`, grant, await prove(keys))
  expect(status).toBe(200)
  return body as unknown as Tokens
}

describe('DPoP', () => {
  test('with openid-client binds the tokens to the key, which introspection shows', async () => {
    const config = await openid.discovery(
      new URL(issuer),
      bound.client_id,
      undefined,
      openid.None(),
      {
        execute: [openid.allowInsecureRequests],
      },
    )
    const keys = await openid.randomDPoPKeyPair()
    const DPoP = openid.getDPoPHandle(config, keys)
    const { redirect, verifier: pkceCodeVerifier } = await consent(issuer, { client: bound })
    const checks = { pkceCodeVerifier, expectedState: 'some-state' }
    const first = await openid.authorizationCodeGrant(config, redirect, checks, {}, { DPoP })
    expect(first.token_type).toBe('dpop')
    const jkt = await DPoP.calculateThumbprint()
    const answer = await introspect(issuer, first.access_token, resourceServer)
    expect(answer).toMatchObject({ active: true, token_type: 'DPoP', cnf: { jkt } })
    const second = await openid.refreshTokenGrant(config, first.refresh_token ?? '', {}, { DPoP })
    expect(second.token_type).toBe('dpop')
    const all = [first, second].map(({ access_token }) => access_token)
    expect(await areActive(issuer, all, resourceServer)).toEqual([false, true])
  })

  test('with oauth4webapi works for a confidential client that need not use it', async () => {
    const { redirect, verifier } = await consent(issuer)
    const url = new URL(issuer)
    const insecure = { [oauth.allowInsecureRequests]: true }
    const response = await oauth.discoveryRequest(url, { algorithm: 'oauth2', ...insecure })
    const as = await oauth.processDiscoveryResponse(url, response)
    expect(as.dpop_signing_alg_values_supported).toContain('ES256')
    const client: oauth.Client = { client_id: confidential.client_id }
    const DPoP = oauth.DPoP(client, await oauth.generateKeyPair('ES256'))
    const answer = await oauth.authorizationCodeGrantRequest(
      as,
      client,
      oauth.ClientSecretBasic(confidential.client_secret),
      oauth.validateAuthResponse(as, client, redirect, 'some-state'),
      confidential.redirect_uris?.[0] ?? '',
      verifier,
      { DPoP, ...insecure },
    )
    const tokens = await oauth.processAuthorizationCodeResponse(as, client, answer)
    const jkt = await DPoP.calculateThumbprint()
    expect(await introspect(issuer, tokens.access_token)).toMatchObject({ cnf: { jkt } })
  })

  test('with another key refuses the refresh, and the refresh token stays good', async () => {
    const keys = await createProofKeys()
    const { access_token, refresh_token } = await connectWith(keys)
    const answer = await refreshWith(await prove(await createProofKeys()), refresh_token)
    expect([answer.status, answer.body['error']]).toEqual([400, 'invalid_grant'])
    expect(await areActive(issuer, [access_token], resourceServer)).toEqual([true])
    expect((await refreshWith(await prove(keys), refresh_token)).status).toBe(200)
  })

  test('without a proof refuses a client that must have one', async () => {
    const { refresh_token } = await connectWith(await createProofKeys())
    const answer = await refresh(issuer, refresh_token, bound)
    expect([answer.status, answer.body['error']]).toEqual([400, 'invalid_dpop_proof'])
    const code = await redeem(issuer, await consent(issuer, { client: bound }), bound)
    expect([code.status, code.body['error']]).toEqual([400, 'invalid_dpop_proof'])
  })

  test('with a proof seen before refuses, and the refresh token stays good', async () => {
    const keys = await createProofKeys()
    const { refresh_token } = await connectWith(keys)
    const headers = await prove(keys)
    const { body } = await refreshWith(headers, refresh_token)
    const again = await refreshWith(headers, String(body['refresh_token']))
    expect([again.status, again.body['error']]).toEqual([400, 'invalid_dpop_proof'])
    const fresh = await refreshWith(await prove(keys), String(body['refresh_token']))
    expect(fresh.status).toBe(200)
  })

  test('with one proof for ten at the same time lets one through', async () => {
    const keys = await createProofKeys()
    const connections = await Promise.all(Array.from({ length: 10 }, () => connectWith(keys)))
    const headers = await prove(keys)
    const answers = await Promise.all(
      connections.map(({ refresh_token }) => refreshWith(headers, refresh_token)),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    const errors = answers.map(({ body }) => body['error']).filter(Boolean)
    expect(errors).toEqual(Array.from({ length: 9 }, () => 'invalid_dpop_proof'))
  })

  test.each([
    ['for another URL', { htu: 'https://evil.example.test/oauth/token' }],
    ['for another method', { htm: 'GET' }],
    ['from an hour ago', { iat: Math.floor(Date.now() / 1000) - 3600 }],
    ['without an id', { jti: undefined }],
  ])('refuses a proof %s', async (_, claims) => {
    const keys = await createProofKeys()
    const { refresh_token } = await connectWith(keys)
    const answer = await refreshWith(await prove(keys, claims), refresh_token)
    expect([answer.status, answer.body['error']]).toEqual([400, 'invalid_dpop_proof'])
  })

  test('refuses what is no proof', async () => {
    const { refresh_token } = await connectWith(await createProofKeys())
    const answer = await refreshWith({ DPoP: 'nonsense' }, refresh_token)
    expect([answer.status, answer.body['error']]).toEqual([400, 'invalid_dpop_proof'])
  })
})

describe('a pushed authorization request', () => {
  const push = (params: Record<string, string | undefined>, client = confidential) => {
    const fields = new URL(requestUrl(issuer, params, client)).searchParams
    return post(`${issuer}/oauth/par`, Object.fromEntries(fields), basic(client))
  }

  const use = (uri: unknown) => ({
    ...Object.fromEntries(
      ['response_type', 'redirect_uri', 'scope', 'state', 'code_challenge'].map((name) => [
        name,
        undefined,
      ]),
    ),
    code_challenge_method: undefined,
    request_uri: String(uri),
  })

  test('with openid-client leads to tokens', async () => {
    const method = openid.ClientSecretBasic(pushing.client_secret)
    const config = await openid.discovery(new URL(issuer), 'pushing', undefined, method, {
      algorithm: 'oauth2',
      execute: [openid.allowInsecureRequests],
    })
    const { verifier: pkceCodeVerifier, challenge } = createPkce()
    const url = await openid.buildAuthorizationUrlWithPAR(config, {
      redirect_uri: pushing.redirect_uris[0] ?? '',
      scope: 'companies:read',
      state: 'pushed-state',
      code_challenge: challenge,
      code_challenge_method: 'S256',
    })
    expect([...url.searchParams.keys()].toSorted()).toEqual(['client_id', 'request_uri'])
    const params = use(url.searchParams.get('request_uri'))
    const { redirect } = await consent(issuer, { client: pushing, params })
    const checks = { pkceCodeVerifier, expectedState: 'pushed-state' }
    const tokens = await openid.authorizationCodeGrant(config, redirect, checks)
    expect(tokens.scope).toBe('companies:read')
  })

  test('answers 201 with a URI that is good for a minute', async () => {
    const { status, body, headers } = await push({})
    expect([status, body]).toEqual([
      201,
      {
        request_uri: expect.stringMatching(/^urn:ietf:params:oauth:request_uri:[\w-]{43,}$/),
        expires_in: 60,
      },
    ])
    expect(headers.get('cache-control')).toBe('no-store')
  })

  test.each<[string, Record<string, string | undefined>, string]>([
    ['a scope nobody registered', { scope: 'vendors:read' }, 'invalid_scope'],
    ['offline_access', { scope: 'companies:read offline_access' }, 'invalid_scope'],
    ['no scope', { scope: undefined }, 'invalid_scope'],
    ['another redirect URI', { redirect_uri: 'https://evil.example.test/' }, 'invalid_request'],
    ['no redirect URI', { redirect_uri: undefined }, 'invalid_request'],
    ['no PKCE', { code_challenge: undefined, code_challenge_method: undefined }, 'invalid_request'],
    ['PKCE plain', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['another API', { resource: 'https://other.example.test' }, 'invalid_target'],
    ['another response mode', { response_mode: 'fragment' }, 'unsupported_response_mode'],
    ['a malformed subject', { 'urn:pleo:params:oauth:subject': 'x' }, 'invalid_request'],
    ['a request object', { request: 'e30.e30.' }, 'request_not_supported'],
  ])('is refused at once for %s', async (_, params, error) => {
    const { status, body } = await push(params)
    expect([status, body['error']]).toEqual([400, error])
  })

  test('needs the secret of its client', async () => {
    const { status, body } = await push({}, { ...confidential, client_secret: 'wrong' })
    expect([status, body['error']]).toEqual([401, 'invalid_client'])
  })

  test('is for the client that pushed it', async () => {
    const { body } = await push({})
    const stolen = { ...use(body['request_uri']), client_id: publicClient.client_id }
    const answer = await ask(issuer, stolen)
    expect([answer.status, answer.headers.location]).toEqual([400, undefined])
  })

  test('is the only way for a client that must push', async () => {
    const { target, params } = toRedirect(await ask(issuer, {}, pushing))
    expect([target, params['error'], params['state'], params['iss']]).toEqual([
      pushing.redirect_uris[0],
      'invalid_request',
      'some-state',
      issuer,
    ])
  })
})
