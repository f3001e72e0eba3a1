import { describe, expect, test } from 'vitest'
import { post, redeem, consent, goToConsent } from '../support/flow.ts'
import { basic, requestUrl, send, type RawAnswer, type RawInit } from '../support/requests.ts'
import { confidential, useServer } from '../support/server.ts'

const plain = useServer()
const secure = useServer({ issuer: 'https://auth.example.test' })

const token: RawInit = { method: 'POST', headers: basic(confidential) }
const ofBrowser: RawInit = {
  method: 'POST',
  headers: { ...basic(confidential), accept: 'text/html' },
}
const wrongSecret: RawInit = {
  body: new URLSearchParams({ token: 'x' }),
  headers: basic(confidential, 'wrong'),
}
const authorize = new URL(requestUrl('https://any.example.test'))
const html = { accept: 'text/html' }
const request: RawInit = { body: authorize.searchParams }
const form: RawInit = { body: new URLSearchParams({ a: 'b' }), headers: html }

/** Every kind of answer there is, by path; whether it may be kept is said beside it. */
const answers: readonly (readonly [string, string, RawInit, number, 'no-store' | 'any'])[] = [
  ['the sign-in page', authorize.pathname + authorize.search, {}, 200, 'no-store'],
  ['the redirect to the sign-in page', authorize.pathname, request, 303, 'no-store'],
  ['the error page', '/oauth/authorize', { headers: html }, 400, 'no-store'],
  ['the error page of POST', '/oauth/authorize', form, 400, 'no-store'],
  ['the page of no interaction', '/oauth/interaction/x', { headers: html }, 400, 'no-store'],
  ['a refused token request', '/oauth/token', token, 400, 'no-store'],
  ['a refused token request of a browser', '/oauth/token', ofBrowser, 400, 'no-store'],
  ['a refused introspection', '/oauth/token/introspect', wrongSecret, 401, 'no-store'],
  ['a refused revocation', '/oauth/token/revoke', wrongSecret, 401, 'no-store'],
  ['a refused pushed request', '/oauth/par', token, 400, 'no-store'],
  ['a wrong method', '/oauth/token', {}, 405, 'any'],
  ['a wrong method for a page', '/oauth/authorize', { method: 'PUT' }, 405, 'any'],
  ['the metadata', '/.well-known/oauth-authorization-server', {}, 200, 'any'],
  ['the metadata for OpenID', '/.well-known/openid-configuration', {}, 200, 'any'],
  ['the keys', '/oauth/jwks', {}, 200, 'any'],
  ['the style sheet', '/oauth/assets/styles.css', {}, 200, 'any'],
  ['the resume URL of nobody', '/oauth/authorize/x', { headers: html }, 303, 'no-store'],
  ['the page of no interaction', '/oauth/interaction/x', { headers: html }, 400, 'no-store'],
  ['the way to the connections', '/oauth/connections', { headers: html }, 303, 'any'],
  ['the sign-in page of the connections', '/oauth/sign-in', { headers: html }, 200, 'no-store'],
]

const policyOf = ({ headers }: RawAnswer): Map<string, string> =>
  new Map(
    String(headers['content-security-policy'] ?? '')
      .split('; ')
      .map((directive) => [
        directive.split(' ', 1)[0] ?? '',
        directive.slice(directive.indexOf(' ') + 1),
      ]),
  )

/** JSON for programs needs less than what a browser shows. */
const isForPrograms = ({ headers }: RawAnswer, path: string): boolean =>
  String(headers['content-type']).includes('json') && path.startsWith('/oauth/')

function expectSafe(answer: RawAnswer, path: string): void {
  const { headers } = answer
  expect(headers['x-content-type-options']).toBe('nosniff')
  expect(headers).not.toHaveProperty('x-powered-by')
  expect(headers).not.toHaveProperty('server')
  if (isForPrograms(answer, path)) return
  expect(headers['x-frame-options']).toBe('DENY')
  // A client may have opened it in a popup, and waits for the answer there.
  const isOfClient = /^\/oauth\/(authorize|interaction)\b/.test(path)
  expect(headers['cross-origin-opener-policy']).toBe(isOfClient ? undefined : 'same-origin')
  expect(headers['referrer-policy']).toMatch(/^(same-origin|no-referrer|strict-origin)$/)
  const policy = policyOf(answer)
  expect(policy.get('default-src')).toBe("'none'")
  expect(policy.get('frame-ancestors')).toBe("'none'")
  expect(policy.get('base-uri')).toBe("'none'")
  expect(policy.get('script-src')).toBe("'self'")
  expect([...policy.values()].join(' ')).not.toMatch(/unsafe|\*(?!$)/)
}

describe.each(answers)('%s', (_, path, init, status, keeping) => {
  test('has the security headers', async () => {
    const answer = await send(plain.issuer + path, init)
    expect(answer.status).toBe(status)
    expectSafe(answer, path)
    const kept = keeping === 'any' ? keeping : answer.headers['cache-control']
    expect(kept).toBe(keeping)
    expect(answer.headers).not.toHaveProperty('strict-transport-security')
  })

  test('asks browsers to stay with https, where the issuer has it', async () => {
    const answer = await send(secure.issuer + path, init)
    expect(answer.status).toBe(status)
    expectSafe(answer, path)
    const value = answer.headers['strict-transport-security'] ?? ''
    expect(Number(/max-age=(\d+)/.exec(value)?.[1])).toBeGreaterThanOrEqual(15_552_000)
  })
})

describe('what a person gets', () => {
  const raw = (headers: Headers): RawAnswer => ({
    status: 200,
    headers: Object.fromEntries(headers),
    text: '',
  })

  test('has the security headers on the sign-in page and on the consent page', async () => {
    const { page, browser } = await goToConsent(plain.issuer)
    const login = await browser.go(requestUrl(plain.issuer, { prompt: 'login' }))
    expect(login.text).toContain('name="password"')
    expect(page.text).toContain('name="decision"')
    for (const { headers } of [login, page]) {
      expectSafe(raw(headers), login.url.pathname)
      expect(headers.get('cache-control')).toBe('no-store')
      expect(policyOf(raw(headers)).get('form-action')).toBe("'self' https:")
    }
  })

  test('loads nothing from anywhere else, and runs nothing', async () => {
    const { page } = await goToConsent(plain.issuer)
    const loaded = [
      ...page.text.matchAll(/<(?:link|img|script|iframe)[^>]*(?:href|src)="([^"]+)"/g),
    ]
    expect(loaded.length).toBeGreaterThan(0)
    for (const [, url = ''] of loaded) {
      expect(new URL(url, plain.issuer).origin).toBe(plain.issuer)
    }
    expect(page.text).not.toMatch(/<script|<style|\son\w+=|style="/)
  })
})

test('what a client gets with tokens in it is not stored', async () => {
  const { issuer } = plain
  const { status, headers, body } = await redeem(issuer, await consent(issuer))
  expect([status, headers.get('cache-control')]).toEqual([200, 'no-store'])
  const fields = { token: String(body['access_token']) }
  const url = `${issuer}/oauth/token/introspect`
  const answer = await post(url, fields, basic(confidential))
  expect([answer.body['active'], answer.headers.get('cache-control')]).toEqual([true, 'no-store'])
})
