import { beforeAll, describe, expect, test } from 'vitest'
import { ask, requestUrl, send, toErrorPage, toRedirect } from '../support/requests.ts'
import { audience, confidential, useServer } from '../support/server.ts'

const callback = 'https://ledger.example.test/callback'

const server = useServer({ clients: [confidential] })
let issuer: string
beforeAll(() => void ({ issuer } = server))

/** What the client is told, with the members that every answer to a client has. */
const refusal = (error: string, description: unknown, more: Record<string, string> = {}) => ({
  status: 303,
  target: callback,
  params: {
    error,
    error_description: description,
    state: 'some-state',
    iss: issuer,
    ...more,
  },
})

type Params = Record<string, string | undefined>

describe('an authorization request that the client has to hear about', () => {
  const pkce = 'Authorization Server policy requires PKCE to be used for this request'
  const type = 'unsupported response_type requested'
  const mode = 'unsupported response_mode requested'
  const cases: readonly (readonly [string, Params, string, unknown])[] = [
    [
      'has no PKCE',
      { code_challenge: undefined, code_challenge_method: undefined },
      'invalid_request',
      pkce,
    ],
    [
      'has a PKCE method and no challenge',
      { code_challenge: undefined },
      'invalid_request',
      'code_challenge must be provided with code_challenge_method',
    ],
    [
      'has a challenge and no method, which would mean plain',
      { code_challenge_method: undefined },
      'invalid_request',
      'code_challenge_method must be provided',
    ],
    [
      'asks for PKCE plain',
      { code_challenge_method: 'plain' },
      'invalid_request',
      'not supported value of code_challenge_method',
    ],
    [
      'has a challenge that is no SHA-256',
      { code_challenge: 'abc' },
      'invalid_request',
      'code_challenge must be a string with a minimum length of 43 characters',
    ],
    ['asks for a token', { response_type: 'token' }, 'unsupported_response_type', type],
    ['asks for an ID token', { response_type: 'id_token' }, 'unsupported_response_type', type],
    [
      'asks for a code and a token',
      { response_type: 'code token' },
      'unsupported_response_type',
      type,
    ],
    [
      'names no response type',
      { response_type: undefined },
      'invalid_request',
      "missing required parameter 'response_type'",
    ],
    [
      'wants the answer in the fragment',
      { response_mode: 'fragment' },
      'unsupported_response_mode',
      mode,
    ],
    ['wants the answer posted', { response_mode: 'form_post' }, 'unsupported_response_mode', mode],
    [
      'names another API as resource',
      { resource: 'https://other.example.test' },
      'invalid_target',
      `resource must be ${audience}`,
    ],
    [
      'asks for no page where nobody is signed in',
      { prompt: 'none' },
      'login_required',
      'End-User authentication is required',
    ],
    [
      'carries a request object',
      { request: 'e30.e30.' },
      'request_not_supported',
      expect.any(String),
    ],
    [
      'points at a request object',
      { request_uri: 'https://ledger.example.test/request' },
      'request_uri_not_supported',
      expect.any(String),
    ],
    [
      'names a pushed request that is not there',
      { request_uri: 'urn:ietf:params:oauth:request_uri:nope' },
      'invalid_request_uri',
      'request_uri is invalid, expired, or was already used',
    ],
  ]

  test.each(cases)('%s', async (_, params, error, description) => {
    expect(toRedirect(await ask(issuer, params))).toEqual(refusal(error, description))
  })

  const allowed = 'requested scope is not allowed'
  test.each([
    ['nobody knows', 'bogus:read', 'bogus:read'],
    ['the client is not registered for', 'vendors:read', 'vendors:read'],
    [
      'the client is not registered for, among its own',
      'companies:read vendors:read',
      'vendors:read',
    ],
    ['is openid', 'openid', 'openid'],
    ['is openid, among its own', 'companies:read openid', 'openid'],
    ['is offline_access', 'offline_access', 'offline_access'],
    ['is offline_access, among its own', 'companies:read offline_access', 'offline_access'],
    ['differs in case', 'Companies:read', 'Companies:read'],
  ])('asks for a scope that %s', async (_, scope, culprit) => {
    expect(toRedirect(await ask(issuer, { scope }))).toEqual(
      refusal('invalid_scope', allowed, { scope: culprit }),
    )
  })

  test.each([
    ['no scope', undefined],
    ['an empty scope', ''],
  ])('asks for %s', async (_, scope) => {
    expect(toRedirect(await ask(issuer, { scope }))).toEqual(
      refusal('invalid_scope', 'missing required parameter scope'),
    )
  })

  test.each(['scope', 'code_challenge', 'code_challenge_method', 'response_type', 'prompt'])(
    'has %s twice',
    async (name) => {
      const url = `${requestUrl(issuer, { prompt: 'login' })}&${name}=again`
      const text = `'${name}' parameter must not be provided twice`
      expect(toRedirect(await send(url))).toEqual(refusal('invalid_request', text))
    },
  )

  test('has state twice, and gets neither back', async () => {
    const answer = toRedirect(await send(`${requestUrl(issuer)}&state=again`))
    const error_description = "'state' parameter must not be provided twice"
    expect(answer).toEqual({
      status: 303,
      target: callback,
      params: { error: 'invalid_request', error_description, iss: issuer },
    })
  })

  test('has no state, and gets none back', async () => {
    const { params } = toRedirect(await ask(issuer, { state: undefined, scope: 'bogus:read' }))
    expect(params).not.toHaveProperty('state')
    expect(params['iss']).toBe(issuer)
  })

  test('gets its state back character by character', async () => {
    const state = 'a b+c/d?e=f&g#h"<ø>%20'
    const { params } = toRedirect(await ask(issuer, { state, scope: 'bogus:read' }))
    expect(params['state']).toBe(state)
  })
})

describe('an authorization request whose sender is not certain gets a page and no redirect', () => {
  const mismatch = "redirect_uri did not match any of the client's registered redirect_uris"
  const page = (code: string, message: string) => ({
    status: 400,
    code,
    message,
    location: undefined,
  })

  test.each([
    ['a slash', `${callback}/`],
    ['the case of the path', 'https://ledger.example.test/Callback'],
    ['the case of the host', 'https://LEDGER.example.test/callback'],
    ['a port', 'https://ledger.example.test:8443/callback'],
    ['the default port', 'https://ledger.example.test:443/callback'],
    ['a query', `${callback}?a=b`],
    ['an empty query', `${callback}?`],
    ['a fragment', `${callback}#a`],
    ['the scheme', 'http://ledger.example.test/callback'],
    ['more path', `${callback}/../other`],
    ['a space at the end', `${callback} `],
    ['everything', 'https://evil.example.test/'],
  ])('where the redirect URI differs in %s', async (_, redirect_uri) => {
    const answer = toErrorPage(await ask(issuer, { redirect_uri }))
    expect(answer).toEqual(page('invalid_redirect_uri', mismatch))
  })

  test.each([
    ['the redirect URI is missing', { redirect_uri: undefined }, 'redirect_uri'],
    ['the redirect URI is empty', { redirect_uri: '' }, 'redirect_uri'],
    ['the client is missing', { client_id: undefined }, 'client_id'],
  ])('where %s', async (_, params, name) => {
    const answer = toErrorPage(await ask(issuer, params))
    expect(answer).toEqual(page('invalid_request', `missing required parameter '${name}'`))
  })

  test.each(['client_id', 'redirect_uri'])('where %s is there twice', async (name) => {
    const url = `${requestUrl(issuer)}&${name}=${encodeURIComponent(callback)}`
    const answer = toErrorPage(await send(url, { headers: { accept: 'text/html' } }))
    const text = `'${name}' parameter must not be provided twice`
    expect(answer).toEqual(page('invalid_request', text))
  })

  test('where the client is unknown', async () => {
    const answer = toErrorPage(await ask(issuer, { client_id: 'nobody-knows' }))
    expect(answer).toEqual(page('invalid_client', 'client is invalid'))
  })
})
