import type { ServerResponse } from 'node:http'
import { describe, expect, test } from 'vitest'
import { introspection } from '../../lib/resource-server/index.ts'
import { client, startIntrospectedApis } from '../support/introspected-apis.ts'
import { good, json } from '../support/introspection-proxy.ts'
import { basic } from '../support/requests.ts'
import { audience, resourceServer } from '../support/server.ts'

const setup = startIntrospectedApis()
const { start, newToken } = setup

describe('what is asked', () => {
  test('is the token, with the credentials of the API, over a connection that is kept', async () => {
    const api = await start({ cache: { maxAge: 0 } })
    const token = await newToken()
    for (let turn = 0; turn < 5; turn += 1)
      expect((await api.get('/token', token)).status).toBe(200)
    expect(setup.proxy.last()).toEqual({
      body: `token=${token}&token_type_hint=access_token`,
      authorization: basic(resourceServer)['authorization'],
    })
    expect([setup.proxy.requests(), setup.proxy.connections()]).toEqual([5, 1])
  })

  // In milliseconds, neither is a whole number.
  test.each([2.01, 1.0005])('waits %d seconds for an answer', async (timeout) => {
    const verify = introspection({ endpoint: setup.proxy.endpoint, client, timeout })
    setup.proxy.answer(json({ active: false }))
    expect(await verify('x')).toBeUndefined()
  })

  test('has id and secret form-encoded', async () => {
    const api = await start({ client: { id: 'a b:ü', secret: '%+&' } })
    await api.get('/token', 'x')
    const [, sent = ''] = setup.proxy.last().authorization?.split(' ') ?? []
    expect(Buffer.from(sent, 'base64').toString()).toBe('a+b%3A%C3%BC:%25%2B%26')
  })
})

describe('where nothing can be known, the answer is 503, and the reason is told to the application alone', () => {
  const reset = (response: ServerResponse): void => void response.destroy()
  const silent = (): void => undefined
  const half = (response: ServerResponse): void => {
    response.writeHead(200, { 'content-length': '100' }).write('{"active":true')
    setTimeout(() => response.destroy(), 20)
  }
  const elsewhere = (response: ServerResponse): void =>
    void response
      .writeHead(307, { location: `${setup.server.issuer}/oauth/token/introspect` })
      .end()

  test.each<[string, (response: ServerResponse) => void, RegExp]>([
    ['a connection that breaks', reset, /cannot be reached/],
    ['silence', silent, /did not answer in time/],
    ['half an answer', half, /cannot be reached/],
    ['500', json('oops', 500), /answered introspection with 500/],
    ['503', json('', 503), /answered introspection with 503/],
    ['429', json('', 429), /answered introspection with 429/],
    ['404', json(good, 404), /answered introspection with 404/],
    ['a redirect, which is not followed', elsewhere, /with 307/],
    ['401 for our own credentials', json({ error: 'invalid_client' }, 401), /refuses.*client\.id/],
    ['no JSON', json('<html>', 200), /no introspection response/],
    ['nothing', json('', 200), /no introspection response/],
    ['null', json(null), /no introspection response/],
    ['a list', json([]), /no introspection response/],
    ['active as a text', json({ ...good, active: 'true' }), /no introspection response/],
    ['active alone', json({ active: true }), /no introspection response/],
    ['exp as a text', json({ ...good, exp: '2' }), /no introspection response/],
    ['a scope that is a list', json({ ...good, scope: [] }), /no introspection response/],
    ['no client', json({ ...good, client_id: '' }), /no introspection response/],
    ['aud as a number', json({ ...good, aud: 1 }), /no introspection response/],
    ['cnf as a text', json({ ...good, cnf: 'x' }), /no introspection response/],
  ])('%s', async (_, how, reason) => {
    const api = await start({ timeout: 0.3 })
    const token = await newToken()
    setup.proxy.answer(how)
    const { status, body, challenge, raw } = await api.get('/token', token)
    expect([status, challenge, raw.headers['retry-after']]).toEqual([503, undefined, '1'])
    expect(body).toEqual({
      error: 'temporarily_unavailable',
      error_description: 'access tokens cannot be verified at the moment, try again',
    })
    const [error, ...others] = api.errors as [Error]
    expect(error.message).toMatch(reason)
    expect(others).toEqual([])
    const { cause } = error
    const told = `${error.stack}${String(cause)}${cause instanceof Error ? cause.stack : ''}`
    expect(told).not.toContain(token)
    expect(told).not.toContain(client.secret)
  })

  test('silence, for as long as a part of a millisecond allows', async () => {
    const api = await start({ timeout: 0.0505 })
    setup.proxy.answer(silent)
    expect((await api.get('/token', 'x')).status).toBe(503)
    expect(String(api.errors)).toContain('did not answer in time')
  })

  test('nobody listens', async () => {
    const api = await start()
    await setup.proxy.close()
    expect((await api.get('/token', 'x')).status).toBe(503)
    await setup.renewProxy()
  })

  test('an issuer that is another one', async () => {
    const api = await start({ issuer: 'https://other.example.test' })
    expect((await api.get('/token', await newToken())).status).toBe(503)
    expect(String(api.errors[0])).toContain('another issuer')
  })

  test('of many who waited for one answer, the application hears once', async () => {
    const api = await start({ timeout: 0.3 })
    setup.proxy.answer(silent)
    const answers = await Promise.all(Array.from({ length: 20 }, () => api.get('/token', 'x')))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]))
    expect(api.errors).toHaveLength(1)
  })
})

test('a connection that was closed meanwhile is noticed by nobody', async () => {
  const api = await start({ cache: { maxAge: 0 } })
  const token = await newToken()
  let count = 0
  setup.proxy.answer((response) => {
    count += 1
    if (count === 1) response.destroy()
    else json(good)(response)
  })
  expect((await api.get('/token', token)).status).toBe(200)
})

describe('an answer that is about no access token for this API is 401', () => {
  test.each<[string, Record<string, unknown>]>([
    ['another audience', { aud: 'https://other.example.test' }],
    ['an audience that begins like ours', { aud: `${audience}.evil.test` }],
    ['no audience among several', { aud: ['https://other.example.test', `${audience}/`] }],
    ['no subject', { 'urn:pleo:params:oauth:subject_urn': undefined }],
    ['a subject that is none', { 'urn:pleo:params:oauth:subject_urn': 'urn:pleo:person:1' }],
    ['a refresh token', { token_type: 'refresh_token' }],
    ['an end that is over', { exp: 1 }],
    ['bound to a certificate', { cnf: { 'x5t#S256': 'x' } }],
    [
      'bound to a certificate and a key',
      { cnf: { 'x5t#S256': 'x', jkt: 'x' }, token_type: 'DPoP' },
    ],
    ['not active', { active: false }],
  ])('%s', async (_, members) => {
    const api = await start()
    setup.proxy.answer(json({ ...good, ...members }))
    expect((await api.get('/token', 'some-token')).status).toBe(401)
    expect(api.errors).toEqual([])
  })

  test('and one that is, among other APIs, passes', async () => {
    const api = await start()
    setup.proxy.answer(json({ ...good, aud: ['https://other.example.test', audience] }))
    expect((await api.get('/token', 'some-token')).status).toBe(200)
  })
})
