import { beforeEach, describe, expect, test } from 'vitest'
import type { Browser, Page } from '../support/browser.ts'
import { createBrowser, isolated, urlOfInteraction } from '../support/browser.ts'
import { decide } from '../support/browser-visits.ts'
import { authorizationUrl, createPkce, goToConsent } from '../support/flow.ts'
import { bakery, password } from '../support/people.ts'
import { createCountingStorage } from '../support/hosts.ts'
import { confidential, startServer, useServer } from '../support/server.ts'

const start = 'https://ledger.example.test/start'
const client = { ...confidential, initiation_uri: start }
const { storage, stored } = createCountingStorage()

const server = useServer({ clients: [client], storage })

const allow = { subject: bakery, decision: 'allow' }
const decline = { decision: 'decline' }
const signIn = { username: 'sofia@example.test', password }

const ledger = isolated('Northwind Ledger')
const allowed = `You allowed ${ledger} to access ${isolated('Bright Bakery')}`
const declined = `You did not allow ${ledger} to access your data`
const general = 'This page is no longer valid'

const headingOf = ({ text }: Page): string | undefined => /<h1>(.*?)<\/h1>/.exec(text)?.[1]

const ask = (params: Record<string, string> = {}): string =>
  authorizationUrl(server.issuer, client, { code_challenge: createPkce().challenge, ...params })

interface Decided {
  readonly page: Page
  readonly browser: Browser
}

async function decided(fields: Record<string, string>): Promise<Decided> {
  const { page, browser } = await goToConsent(server.issuer, { client })
  await browser.submit(page, fields)
  return { page, browser }
}

const resumeOf = (page: Page): string =>
  urlOfInteraction(page).href.replace('/interaction/', '/authorize/')

/** The ways in which a browser comes back to a request. */
const comebacks: readonly (readonly [string, (of: Decided) => Promise<Page>])[] = [
  ['goes back to the page', ({ page, browser }) => browser.go(page.url.href)],
  ['sends the form again', ({ page, browser }) => browser.submit(page, allow)],
  ['sends the other button', ({ page, browser }) => browser.submit(page, decline)],
  [
    'asks for another account',
    ({ page, browser }) =>
      browser.submit(page, {}, { action: `${urlOfInteraction(page).href}/switch-account` }),
  ],
  ['loads the way to the application again', ({ page, browser }) => browser.go(resumeOf(page))],
]

let codes = 0
beforeEach(() => {
  codes = stored('AuthorizationCode')
})

describe.each([
  ['allowed', allow, allowed, 1],
  ['declined', decline, declined, 0],
] as const)('a person who %s, and then', (_, fields, sentence, made) => {
  test.each(comebacks)('%s, sees that again', async (_way, comeBack) => {
    const again = await comeBack(await decided(fields))
    expect([again.status, headingOf(again)]).toEqual([200, sentence])
    expect(again.text).toContain(`href="${start}"`)
    expect(again.text).toContain('/oauth/connections"')
    expect(stored('AuthorizationCode')).toBe(codes + made)
  })
})

test('who cancels the sign-in sees that again', async () => {
  const browser = createBrowser()
  const page = await browser.go(ask())
  await browser.submit(page, decline)
  expect(headingOf(await browser.go(urlOfInteraction(page).href))).toBe(declined)
  expect(headingOf(await browser.submit(page, signIn))).toBe(declined)
})

test('who never got the answer with the new session sees the decision', async () => {
  const { page, browser } = await goToConsent(server.issuer, { client })
  const before = new Map(browser.cookies)
  await browser.submit(page, allow)
  browser.cookies.clear()
  for (const [key, cookie] of before) browser.cookies.set(key, cookie)
  expect(headingOf(await browser.submit(page, allow))).toBe(allowed)
  expect(stored('AuthorizationCode')).toBe(codes + 1)
})

test('who asks for the way to the application with the session of before stays signed in', async () => {
  const { page, browser } = await goToConsent(server.issuer, { client })
  const before = new Map(browser.cookies)
  await browser.submit(page, allow)
  const after = new Map(browser.cookies)
  const late = createBrowser()
  for (const [key, cookie] of before) late.cookies.set(key, cookie)
  await late.go(resumeOf(page))
  const changed = [...late.cookies].filter(([key, { value }]) => before.get(key)?.value !== value)
  expect(changed).toEqual([])
  for (const [key, cookie] of after) browser.cookies.set(key, cookie)
  expect((await browser.go(`${server.issuer}/oauth/connections`)).text).toContain('Signed in as')
})

describe('nothing of a decision is told', () => {
  test('to another browser', async () => {
    const { page } = await decided(allow)
    const other = await createBrowser().go(urlOfInteraction(page).href)
    expect([other.status, headingOf(other)]).toEqual([400, general])
    expect(other.text).not.toContain('Ledger')
    expect(other.text).not.toContain(start)
  })

  test('to another browser of the same person', async () => {
    const { page } = await decided(allow)
    const { browser } = await goToConsent(server.issuer, { client })
    expect(headingOf(await browser.go(urlOfInteraction(page).href))).toBe(general)
  })

  test('to another person at the same browser', async () => {
    const { page, browser } = await decided(allow)
    const login = await browser.go(ask({ prompt: 'login' }))
    await browser.submit(login, { username: 'jonas@example.test', password })
    expect(headingOf(await browser.go(urlOfInteraction(page).href))).toBe(general)
  })

  test('after the person signed out', async () => {
    const { page, browser } = await decided(allow)
    const signOut = await browser.go(`${server.issuer}/oauth/sign-out`)
    await browser.submit(signOut, {})
    expect(headingOf(await browser.go(urlOfInteraction(page).href))).toBe(general)
    expect(headingOf(await browser.submit(page, allow))).toBe(general)
  })

  test('to a cookie that only looks like the one of the browser', async () => {
    const { page } = await decided(allow)
    const { browser } = await goToConsent(server.issuer, { client })
    const uid = urlOfInteraction(page).pathname.split('/').at(-1) ?? ''
    const cookie = `pleo_interaction=${uid}; pleo_interaction.sig=${'A'.repeat(27)}`
    expect(headingOf(await browser.go(urlOfInteraction(page).href, { headers: { cookie } }))).toBe(
      general,
    )
  })

  test('to a form from another origin', async () => {
    const { page, browser } = await decided(allow)
    const headers = { origin: 'https://evil.example.test' }
    expect((await browser.submit(page, allow, { headers })).status).toBe(403)
  })
})

test('the storage has one small record of a decision, for an hour', async () => {
  const kept: (readonly [string, number | undefined])[] = []
  const watched = await startServer({
    clients: [client],
    storage: {
      ...storage,
      records: (model) => ({
        ...storage.records(model),
        upsert: async (id, payload, lifetime) => {
          if (model === 'InteractionOutcome') kept.push([String(payload['kind']), lifetime])
          await storage.records(model).upsert(id, payload, lifetime)
        },
      }),
    },
  })
  const { page, browser } = await goToConsent(watched.issuer, { client })
  await browser.submit(page, allow)
  expect(kept).toEqual([
    ['moved', 3600],
    ['allowed', 3600],
  ])
  await watched.close()
})

describe('a sign-in that is sent again', () => {
  const toSignIn = async (): Promise<Decided> => {
    const browser = createBrowser()
    return { browser, page: await browser.go(ask()) }
  }

  test('before the browser went on, goes on', async () => {
    const { page, browser } = await toSignIn()
    await decide(browser, page, signIn)
    expect((await browser.submit(page, signIn)).text).toContain('value="allow"')
  })

  test('after the person went on, comes to the page where the person is', async () => {
    const { page, browser } = await toSignIn()
    const consent = await browser.submit(page, signIn)
    const again = await browser.submit(page, signIn)
    const { href } = urlOfInteraction(consent)
    expect([again.url.href, again.status]).toEqual([href, 200])
    expect((await browser.go(urlOfInteraction(page).href)).url.href).toBe(href)
    expect((await browser.go(consent.url.href)).url.href).toBe(href)
  })

  test('after the person decided, shows the decision', async () => {
    const { page, browser } = await toSignIn()
    await browser.submit(await browser.submit(page, signIn), allow)
    expect(headingOf(await browser.submit(page, signIn))).toBe(allowed)
    expect(stored('AuthorizationCode')).toBe(codes + 1)
  })

  test('after the answer with the cookies was lost, begins the same request anew', async () => {
    const { page, browser } = await toSignIn()
    const before = new Map(browser.cookies)
    await browser.submit(page, signIn)
    browser.cookies.clear()
    for (const [key, cookie] of before) browser.cookies.set(key, cookie)
    const again = await browser.submit(page, signIn)
    expect([again.status, again.text.includes('name="password"')]).toEqual([200, true])
    const consent = await browser.submit(again, signIn)
    const answer = await browser.submit(consent, allow)
    expect(answer.location?.searchParams.has('code')).toBe(true)
  })

  test('twice at once, leads to one page both times', async () => {
    const { page, browser } = await toSignIn()
    const pages = await Promise.all([browser.submit(page, signIn), browser.submit(page, signIn)])
    for (const { text } of pages) expect(text).toMatch(/value="allow"|name="password"/)
  })
})
