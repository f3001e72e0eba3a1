import { describe, expect, test } from 'vitest'
import {
  createBrowser,
  formAction,
  formToken,
  type Page,
  urlOfInteraction,
} from '../support/browser.ts'
import { connect, goToConsent, introspect } from '../support/flow.ts'
import { createCountingStorage } from '../support/hosts.ts'
import { bakery, password } from '../support/people.ts'
import { useServer } from '../support/server.ts'

let passed = 0
const { storage, stored } = createCountingStorage(() => Date.now() + passed)

const server = useServer({ storage })

const allow = { subject: bakery, decision: 'allow' }

/** Refused, with nothing done: no way to the client, no code, no grant, no words of the machine. */
function expectNothingDone(answer: Page, status: number, grantsBefore: number): void {
  expect(answer.status).toBe(status)
  expect(answer.location).toBeUndefined()
  expect(stored('Grant')).toBe(grantsBefore)
  expect(answer.text).not.toMatch(/node_modules|\.ts:|\.js:|at async/)
}

describe('a consent post is refused', () => {
  test.each([
    ['from another origin', { origin: 'https://evil.test' }],
    ['from the same host on another port', { origin: 'http://127.0.0.1:1' }],
    ['from the client', { origin: 'https://ledger.example.test' }],
    ['that the browser calls cross-site', { 'sec-fetch-site': 'cross-site' }],
    ['that the browser calls same-site', { 'sec-fetch-site': 'same-site' }],
    ['that the browser calls none', { 'sec-fetch-site': 'none' }],
  ])('%s, and works afterwards from its own page', async (_, headers) => {
    const before = stored('Grant')
    const { page, browser } = await goToConsent(server.issuer)
    expectNothingDone(await browser.submit(page, allow, { headers }), 403, before)
    const answer = await browser.submit(page, allow)
    expect(answer.location?.searchParams.get('code')).toBeTruthy()
  })

  test('without its token', async () => {
    const { page, browser } = await goToConsent(server.issuer)
    const before = stored('Grant')
    const answer = await browser.go(urlOfInteraction(page).href, {
      method: 'POST',
      body: new URLSearchParams(allow),
    })
    expectNothingDone(answer, 403, before)
  })

  test.each(['', 'x', 'A'.repeat(43)])('with the wrong token "%s"', async (csrf) => {
    const { page, browser } = await goToConsent(server.issuer)
    const before = stored('Grant')
    expectNothingDone(await browser.submit(page, { ...allow, csrf }), 403, before)
  })

  test('with its token twice', async () => {
    const { page, browser } = await goToConsent(server.issuer)
    const before = stored('Grant')
    const body = new URLSearchParams({ csrf: formToken(page), ...allow })
    body.append('csrf', formToken(page))
    expectNothingDone(
      await browser.go(urlOfInteraction(page).href, { method: 'POST', body }),
      403,
      before,
    )
  })

  test('with the token of another request of the same person', async () => {
    const { page: first, browser } = await goToConsent(server.issuer)
    const { page: second } = await goToConsent(server.issuer, { browser })
    const before = stored('Grant')
    const answer = await browser.submit(second, { ...allow, csrf: formToken(first) })
    expectNothingDone(answer, 403, before)
  })

  test('with the token of the sign-in page', async () => {
    const browser = createBrowser()
    const login = await goToSignIn(browser)
    const page = await browser.submit(login, { username: 'sofia@example.test', password })
    const before = stored('Grant')
    const answer = await browser.submit(page, { ...allow, csrf: formToken(login) })
    expectNothingDone(answer, 403, before)
  })

  test('from a browser without the cookies', async () => {
    const { page } = await goToConsent(server.issuer)
    const before = stored('Grant')
    expectNothingDone(await createBrowser().submit(page, allow), 400, before)
  })

  test('from the browser of another person', async () => {
    const { page } = await goToConsent(server.issuer)
    const { browser: other } = await goToConsent(server.issuer, { as: 'jonas' })
    const before = stored('Grant')
    expectNothingDone(await other.submit(page, allow), 400, before)
  })

  test('to one request with the cookie of another', async () => {
    const { page, browser } = await goToConsent(server.issuer)
    const { page: other, browser: attacker } = await goToConsent(server.issuer, { as: 'jonas' })
    const own = server.provider.cookieName('interaction')
    const name = `${urlOfInteraction(other).pathname} ${own}`
    const cookie = attacker.cookies.get(name)
    const signature = attacker.cookies.get(`${name}.sig`)
    const before = stored('Grant')
    const answer = await browser.go(urlOfInteraction(page).href, {
      method: 'POST',
      body: new URLSearchParams({ csrf: formToken(other), ...allow }),
      headers: {
        cookie: `${own}=${cookie?.value}; ${own}.sig=${signature?.value}`,
      },
    })
    expectNothingDone(answer, 400, before)
  })

  test('with a cookie that was changed to that of another request', async () => {
    const { page, browser } = await goToConsent(server.issuer)
    const { page: other } = await goToConsent(server.issuer, { as: 'jonas' })
    const own = server.provider.cookieName('interaction')
    const name = `${urlOfInteraction(page).pathname} ${own}`
    const cookie = browser.cookies.get(name)
    const before = stored('Grant')
    const changed = urlOfInteraction(other).pathname.slice(
      urlOfInteraction(other).pathname.lastIndexOf('/') + 1,
    )
    expect(cookie?.value).toBe(
      urlOfInteraction(page).pathname.slice(urlOfInteraction(page).pathname.lastIndexOf('/') + 1),
    )
    browser.cookies.set(`${urlOfInteraction(other).pathname} ${own}`, {
      path: urlOfInteraction(other).pathname,
      attributes: '',
      value: changed,
    })
    const signature = browser.cookies.get(`${name}.sig`)
    browser.cookies.set(`${urlOfInteraction(other).pathname} ${own}.sig`, {
      path: urlOfInteraction(other).pathname,
      attributes: '',
      value: signature?.value ?? '',
    })
    expectNothingDone(await browser.submit(other, allow), 400, before)
  })

  test('after somebody else signed in meanwhile in the same browser', async () => {
    const { page, browser } = await goToConsent(server.issuer)
    await goToConsent(server.issuer, { browser, as: 'jonas', params: { prompt: 'login' } })
    const before = stored('Grant')
    const answer = await browser.submit(page, allow)
    expect([400, 403]).toContain(answer.status)
    expectNothingDone(answer, answer.status, before)
  })

  test('when its time is over', async () => {
    const { page, browser } = await goToConsent(server.issuer)
    const before = stored('Grant')
    passed = 3601 * 1000
    const answer = await browser.submit(page, allow)
    passed = 0
    expectNothingDone(answer, 400, before)
  })

  test('when the account is gone meanwhile', async () => {
    const { page, browser } = await goToConsent(server.issuer)
    const before = stored('Grant')
    server.accounts.gone.add('sofia')
    const answer = await browser.submit(page, allow)
    server.accounts.gone.delete('sofia')
    expectNothingDone(answer, 403, before)
  })
})

describe('a body that is no form of this page', () => {
  const formData = (fields: Record<string, string>): FormData => {
    const data = new FormData()
    for (const [name, value] of Object.entries(fields)) data.append(name, value)
    return data
  }
  type Body = (csrf: string) => { body: RequestInit['body']; type?: string }
  const bodies: readonly (readonly [string, number, Body])[] = [
    [
      '100 KB',
      413,
      (csrf) => ({ body: new URLSearchParams({ csrf, ...allow, x: 'x'.repeat(100_000) }) }),
    ],
    [
      'JSON',
      415,
      (csrf) => ({ body: JSON.stringify({ csrf, ...allow }), type: 'application/json' }),
    ],
    ['multipart', 415, (csrf) => ({ body: formData({ csrf, ...allow }) })],
    ['plain text', 415, (csrf) => ({ body: `csrf=${csrf}`, type: 'text/plain' })],
    ['no body', 415, () => ({ body: null })],
    [
      'broken escapes',
      403,
      () => ({ body: 'csrf=%E0%A4%A&%', type: 'application/x-www-form-urlencoded' }),
    ],
    [
      'nested names',
      403,
      () => ({
        body: 'csrf[a]=1&__proto__[x]=1&a[][][]=2',
        type: 'application/x-www-form-urlencoded',
      }),
    ],
    [
      'thousands of fields',
      413,
      () => ({ body: 'a=1&'.repeat(5000), type: 'application/x-www-form-urlencoded' }),
    ],
    [
      'an unknown charset',
      422,
      (csrf) => ({
        body: `csrf=${csrf}`,
        type: 'application/x-www-form-urlencoded; charset=klingon',
      }),
    ],
    [
      'an encoding it does not have',
      415,
      (csrf) => ({ body: `csrf=${csrf}`, type: 'application/x-www-form-urlencoded' }),
    ],
  ]
  test.each(bodies)('%s is answered %i', async (what, status, make) => {
    const { page, browser } = await goToConsent(server.issuer)
    const before = stored('Grant')
    const { body, type } = make(formToken(page))
    const headers: Record<string, string> = type ? { 'content-type': type } : {}
    if (what.startsWith('an encoding')) headers['content-encoding'] = 'zstd'
    const answer = await browser.go(formAction(page), {
      method: 'POST',
      body: body ?? null,
      headers,
    })
    expectNothingDone(answer, status, before)
    const good = await browser.submit(page, allow)
    expect(good.location?.searchParams.get('code')).toBeTruthy()
  })
})

test('a connection made before goes on, whatever is refused later', async () => {
  const { access_token: token } = await connect(server.issuer)
  const { page, browser } = await goToConsent(server.issuer)
  await browser.submit(page, { ...allow, csrf: 'wrong' })
  expect(await introspect(server.issuer, token)).toMatchObject({ active: true })
})

async function goToSignIn(browser: ReturnType<typeof createBrowser>): Promise<Page> {
  const url = new URL(`${server.issuer}/oauth/authorize`)
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: 'ledger',
    redirect_uri: 'https://ledger.example.test/callback',
    scope: 'companies:read',
    code_challenge_method: 'S256',
    code_challenge: 'A'.repeat(43),
  }).toString()
  return browser.go(url.href)
}
