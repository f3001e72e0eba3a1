import { beforeAll, describe, expect, test } from 'vitest'
import { connect } from '../support/flow.ts'
import {
  areActive,
  basic,
  requestUrl,
  send,
  sendForm,
  toErrorPage,
  toJson,
} from '../support/requests.ts'
import type { RawAnswer, RawInit } from '../support/requests.ts'
import { confidential, useServer } from '../support/server.ts'

const failures: unknown[] = []
const server = useServer()
let issuer: string
beforeAll(async () => {
  issuer = server.issuer
  server.provider.on('server_error', (_ctx, error) => failures.push(error))
})

const endpoints = ['/oauth/token', '/oauth/token/introspect', '/oauth/token/revoke', '/oauth/par']
const fields = { grant_type: 'refresh_token', refresh_token: 'x', token: 'x', token_type_hint: 'x' }
const twice: Readonly<Record<string, readonly string[]>> = {
  '/oauth/token': ['grant_type', 'refresh_token', 'client_id'],
  '/oauth/token/introspect': ['token', 'token_type_hint', 'client_id'],
  '/oauth/token/revoke': ['token', 'token_type_hint', 'client_id'],
  '/oauth/par': ['scope', 'state', 'redirect_uri', 'client_id'],
}
const html = { accept: 'text/html' }

const expectError = (answer: RawAnswer, status: number, error: string, description: string) =>
  expect([answer.status, toJson(answer)]).toEqual([
    status,
    { error, error_description: description },
  ])

describe.each(endpoints)('%s', (path) => {
  const post = (init: RawInit) =>
    send(issuer + path, {
      method: 'POST',
      ...init,
      headers: { ...basic(confidential), ...init.headers },
    })
  const onlyForms = `only application/x-www-form-urlencoded content-type bodies are supported on POST ${path}`

  test.each([
    ['JSON', 'application/json', '{"grant_type":"refresh_token","token":"x"}'],
    ['broken JSON', 'application/json', '{"grant_type":'],
    ['text', 'text/plain', 'grant_type=refresh_token&token=x'],
    ['XML', 'application/xml', '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'],
    [
      'multipart',
      'multipart/form-data; boundary=b',
      '--b\r\nContent-Disposition: form-data; name="token"\r\n\r\nx\r\n--b--\r\n',
    ],
    ['no content type that makes sense', ';;;', 'token=x'],
  ])('refuses a body of %s', async (_, type, body) => {
    const answer = await post({ body, headers: { 'content-type': type } })
    expectError(answer, 400, 'invalid_request', onlyForms)
  })

  test('refuses a body of 100 KB', async () => {
    const body = new URLSearchParams({ token: 'x'.repeat(100_000) })
    const answer = await post({ body })
    expect([400, 413]).toContain(answer.status)
    expect(toJson(answer)['error']).toBe('invalid_request')
  })

  test.each(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE'])('refuses %s with 405', async (method) => {
    const answer = await send(issuer + path, { method, headers: basic(confidential) })
    expect([answer.status, answer.headers.allow]).toEqual([405, 'POST, OPTIONS'])
    if (method === 'HEAD') return
    const description = `${method} is not allowed here, only POST, OPTIONS`
    expectError(answer, 405, 'invalid_request', description)
  })

  test('answers OPTIONS with 204 and nothing', async () => {
    const preflight = { origin: 'https://a.example.test', 'access-control-request-method': 'POST' }
    for (const headers of [{}, preflight]) {
      const answer = await send(issuer + path, { method: 'OPTIONS', headers })
      expect([answer.status, answer.text]).toEqual([204, ''])
    }
  })

  test.each(twice[path] ?? [])('refuses %s twice', async (name) => {
    const request = new URL(requestUrl(issuer)).searchParams
    for (const [field, value] of Object.entries(fields)) request.set(field, value)
    const body = `${request.toString()}&${name}=again`
    const answer = await sendForm(issuer + path, body, { headers: basic(confidential) })
    const description = `'${name}' parameter must not be provided twice`
    expectError(answer, 400, 'invalid_request', description)
  })

  test.each([
    ['broken percent-encoding', 'token=%E0%A4%A&grant_type=%'],
    ['null bytes', 'token=%00&grant_type=%00&client_id=%00'],
    ['arrays', 'token[]=a&token[]=b&grant_type[]=refresh_token'],
    ['objects', 'token[a]=b&grant_type[__proto__][x]=y&constructor[prototype][x]=y'],
    ['names of the language', '__proto__=x&constructor=x&toString=x&hasOwnProperty=x'],
    ['nothing but separators', '&&&===&&&'],
    ['other letters', 'token=🥐&grant_type=ø&client_id=日本'],
    ['bytes that are no UTF-8', 'token=%ff%fe&grant_type=%c0%80'],
    ['a thousand fields', Array.from({ length: 1001 }, (_, index) => `f${index}=x`).join('&')],
  ])('is not thrown off by %s', async (_, body) => {
    const answer = await sendForm(issuer + path, body, { headers: basic(confidential) })
    expect(answer.status).toBeLessThan(500)
    expect(answer.text === '' || toJson(answer)).toBeTruthy()
  })
})

describe('the authorization endpoint', () => {
  const url = (query: string) => `${issuer}/oauth/authorize?${query}`

  test.each(['HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
    'refuses %s with 405',
    async (method) => {
      const answer = await send(requestUrl(issuer), { method })
      expect([answer.status, answer.headers.allow]).toEqual([405, 'GET, POST'])
    },
  )

  test('refuses a body of 100 KB', async () => {
    const body = new URLSearchParams({ state: 'x'.repeat(100_000) })
    const answer = await send(`${issuer}/oauth/authorize`, { body, headers: html })
    expect(toErrorPage(answer)).toEqual({
      status: 413,
      code: 'invalid_request',
      message: 'the body is too large',
      location: undefined,
    })
  })

  test.each(['application/json', 'multipart/form-data; boundary=b', 'text/plain'])(
    'refuses a body of %s, and says why',
    async (type) => {
      const headers = { ...html, 'content-type': type }
      const answer = await send(`${issuer}/oauth/authorize`, { body: '{}', headers })
      expect(toErrorPage(answer)).toMatchObject({
        status: 415,
        code: 'invalid_request',
        message: 'the body must be a form',
      })
    },
  )

  test.each([
    ['broken percent-encoding', '%E0%A4%A=%&client_id=%E0%A4%A'],
    ['a null byte in the client', 'client_id=%00'],
    ['a null byte in the redirect URI', 'client_id=ledger&redirect_uri=https://a%00'],
    ['arrays', 'client_id[]=ledger&client_id[]=mobile'],
    ['the client as an object', 'client_id[toString]=x'],
    ['names of the language', 'client_id=__proto__&redirect_uri=constructor'],
    ['markup', 'client_id=<script>alert(1)</script>&redirect_uri="><img src=x onerror=alert(1)>'],
    ['other letters', `client_id=${encodeURIComponent('日本🥐')}`],
    ['a long state', `client_id=ledger&state=${'x'.repeat(10_000)}`],
  ])('shows the error page for %s', async (_, query) => {
    const answer = await send(url(query.replaceAll(/[<> "]/g, encodeURIComponent)), {
      headers: html,
    })
    expect(answer.status).toBe(400)
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8')
    expect(answer.text).toContain('<h1>This request cannot be completed</h1>')
    expect(answer.text).not.toContain('<script')
    expect(answer.text).not.toContain('<img')
  })

  test('is not thrown off by a URL that is longer than Node takes', async () => {
    expect((await send(url(`a=${'x'.repeat(20_000)}`))).status).toBe(431)
    expect((await send(requestUrl(issuer))).status).toBe(200)
  })

  test('takes a state with line ends, and lets none into the headers', async () => {
    const state = 'a\r\nset-cookie: evil=1\r\n\r\n<script>'
    const answer = await send(requestUrl(issuer, { state, scope: 'bogus:read' }))
    expect(new URL(answer.headers.location ?? '').searchParams.get('state')).toBe(state)
    expect(JSON.stringify(answer.headers['set-cookie'] ?? '')).not.toContain('evil')
  })
})

describe('an interaction', () => {
  test.each(['HEAD', 'PUT', 'PATCH', 'DELETE'])('refuses %s with 405', async (method) => {
    const answer = await send(`${issuer}/oauth/interaction/some-id`, { method })
    expect([answer.status, answer.headers.allow]).toEqual([405, 'GET, POST'])
  })

  test.each(['some-id', '%E0%A4%A', '%00', '..%2f..%2ftoken', '%F0%9F%A5%90', '%252e', "'"])(
    'that is not there has the error page: %s',
    async (id) => {
      const answer = await send(`${issuer}/oauth/interaction/${id}`, { headers: html })
      expect([answer.status, toErrorPage(answer).code]).toEqual([400, 'invalid_request'])
    },
  )

  test('refuses a body that is no form, and one that is too large', async () => {
    const url = `${issuer}/oauth/interaction/some-id`
    const json = await send(url, { body: '{}', headers: { 'content-type': 'application/json' } })
    expectError(json, 415, 'invalid_request', 'the body must be a form')
    const large = await send(url, { body: new URLSearchParams({ a: 'x'.repeat(100_000) }) })
    expectError(large, 413, 'invalid_request', 'the body is too large')
  })
})

test.each([...endpoints, '/oauth/authorize', '/oauth/interaction/some-id'])(
  "a body that is not compressed as it says is nobody's fault but the sender's: %s",
  async (path) => {
    for (const encoding of ['gzip', 'deflate', 'br', 'nonsense']) {
      const headers = { ...basic(confidential), 'content-encoding': encoding }
      const { status } = await sendForm(issuer + path, 'token=x', { headers })
      expect([encoding, status < 500 || status]).toEqual([encoding, true])
    }
  },
)

test('the metadata, the keys and the style sheet are for reading', async () => {
  const paths = ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration']
  for (const path of [...paths, '/oauth/jwks']) {
    const head = await send(issuer + path, { method: 'HEAD' })
    expect([head.status, head.text]).toEqual([200, ''])
    const post = await send(issuer + path, { method: 'POST' })
    expect([post.status, post.headers.allow]).toEqual([405, 'GET, HEAD, OPTIONS'])
  }
})

test('after all that nothing has failed inside, and a connection still works', async () => {
  expect(failures).toEqual([])
  const { access_token } = await connect(issuer)
  expect(await areActive(issuer, [access_token])).toEqual([true])
})
