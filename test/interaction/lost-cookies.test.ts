import { expect, test, vi } from 'vitest'
import { createBrowser, urlOfInteraction, type Browser, type Page } from '../support/browser.ts'
import { authorizationUrl, createPkce, goToConsent } from '../support/flow.ts'
import { bakery, password } from '../support/people.ts'
import { confidential, useServer } from '../support/server.ts'

const server = useServer()

const sentence = 'Your browser seems to block cookies'
const general = 'This page is no longer valid'
const headingOf = ({ text }: Page): string | undefined => /<h1>(.*?)<\/h1>/.exec(text)?.[1]

const ask = (): string =>
  authorizationUrl(server.issuer, confidential, { code_challenge: createPkce().challenge })

function createForgetfulBrowser(): Browser {
  const browser = createBrowser()
  browser.cookies.set = () => browser.cookies
  return browser
}

/** A browser that keeps no cookies, at the page that a request leads to. */
const withoutCookies = (url: string, init: RequestInit = {}): Promise<Page> =>
  createForgetfulBrowser().go(url, init)

test('a browser that refuses cookies is told so at the sign-in, and nothing of the request', async () => {
  const browser = createForgetfulBrowser()
  const signIn = await browser.go(ask())
  const fields = { username: 'sofia@example.test', password }
  for (const page of [
    await browser.submit(signIn, fields),
    await browser.go(urlOfInteraction(signIn).href),
  ]) {
    expect([page.status, headingOf(page)]).toEqual([400, sentence])
    expect(page.text).toContain('Allow cookies for this site')
    expect(page.text).not.toContain('Ledger')
    expect(page.text).not.toContain('ledger.example.test')
    // That page needs the cookie, too.
    expect(page.text).not.toContain('/oauth/connections')
    // There is nothing else to do: what to send to support is in sight.
    expect(page.text).toContain('<details class="support" open>')
  }
  const other = await createBrowser().go(`${server.issuer}/oauth/authorize?client_id=unknown`)
  expect(other.text).toContain('<details class="support">')
})

test('a browser that lost them is told so when it sends a form', async () => {
  const { page, browser } = await goToConsent(server.issuer)
  browser.cookies.clear()
  const answer = await browser.submit(page, { subject: bakery, decision: 'allow' })
  expect([answer.status, headingOf(answer)]).toEqual([400, sentence])
})

test('a browser that lost them is told so on the way back to the application', async () => {
  const { page, browser } = await goToConsent(server.issuer)
  browser.cookies.clear()
  const answer = await browser.go(
    urlOfInteraction(page).href.replace('/interaction/', '/authorize/'),
  )
  expect([answer.status, headingOf(answer)]).toEqual([400, sentence])
})

test('a browser that refuses cookies is told so when it signs in for the connections', async () => {
  const page = await withoutCookies(`${server.issuer}/oauth/connections`)
  const body = new URLSearchParams({
    csrf: /name="csrf"[^>]*value="([^"]+)"/.exec(page.text)?.[1] ?? '',
    username: 'sofia@example.test',
    password,
  })
  const headers = { origin: page.url.origin, 'sec-fetch-site': 'same-origin' }
  const answer = await withoutCookies(page.url.href, { method: 'POST', body, headers })
  expect([answer.status, headingOf(answer)]).toEqual([400, sentence])
})

test('a browser that has any cookie of this server is not told that', async () => {
  const { page } = await goToConsent(server.issuer)
  const { browser } = await goToConsent(server.issuer)
  expect(headingOf(await browser.go(urlOfInteraction(page).href))).toBe(general)
})

test('nor one that comes to a request of which nothing is known, or to a sign-in of long ago', async () => {
  expect(headingOf(await withoutCookies(`${server.issuer}/oauth/interaction/unknown`))).toBe(
    general,
  )
  const signIn = await withoutCookies(`${server.issuer}/oauth/sign-in?signed_in=1`)
  expect(signIn.text).toContain('name="password"')
})

test('nor one that comes more than a minute after it was sent there', async () => {
  const { page } = await goToConsent(server.issuer)
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 61_000 })
  try {
    expect(headingOf(await withoutCookies(urlOfInteraction(page).href))).toBe(general)
  } finally {
    vi.useRealTimers()
  }
})
