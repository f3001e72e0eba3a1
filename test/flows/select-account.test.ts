import { describe, expect, test } from 'vitest'
import { createMemoryAdapter } from '../../adapters/memory.ts'
import { createBrowser, type Browser, urlOfInteraction, type Page } from '../support/browser.ts'
import { isConsentPage, isSignInPage } from '../support/browser-visits.ts'
import { authorizationUrl, connect, createPkce, goToConsent, introspect } from '../support/flow.ts'
import { bakery, nordlysDenmark, password } from '../support/people.ts'
import { basic, requestUrl, send, toJson } from '../support/requests.ts'
import { confidential, useServer } from '../support/server.ts'
import { signedInBefore } from '../support/sessions.ts'

const storage = createMemoryAdapter()
const server = useServer({ storage })

const start = (browser: Browser, prompt = 'select_account'): Promise<Page> =>
  browser.go(
    authorizationUrl(server.issuer, confidential, {
      code_challenge: createPkce().challenge,
      prompt,
    }),
  )

const isChoice = ({ status, text }: Page): boolean =>
  status === 200 && text.includes('name="decision" value="continue"')

const signedIn = async (): Promise<Browser> => (await goToConsent(server.issuer)).browser

const useAnother = (browser: Browser, page: Page): Promise<Page> =>
  browser.submit(page, {}, { action: `${urlOfInteraction(page).href}/switch-account` })

const allow = { decision: 'allow', subject: bakery }

describe.each(['select_account', 'select_account consent', 'consent select_account'])(
  'prompt=%s',
  (prompt) => {
    test('asks who is signed in, and goes on as that person without a password', async () => {
      const browser = await signedIn()
      const page = await start(browser, prompt)
      expect(isChoice(page)).toBe(true)
      expect(page.text).toMatch(/Continue as \W*Sofia Lind/)
      expect(page.text).toContain('Use another account')
      const consentPage = await browser.submit(page, { decision: 'continue' })
      expect(isConsentPage(consentPage)).toBe(true)
      const answer = await browser.submit(consentPage, allow)
      expect(answer.location?.searchParams.get('code')).toBeTruthy()
    })

    test('lets another person sign in, who goes on', async () => {
      const browser = await signedIn()
      const signInPage = await useAnother(browser, await start(browser, prompt))
      expect(isSignInPage(signInPage)).toBe(true)
      const page = await browser.submit(signInPage, { username: 'jonas@example.test', password })
      expect(isConsentPage(page)).toBe(true)
      expect(page.text).toContain('Jonas Berg')
      const answer = await browser.submit(page, { ...allow, subject: nordlysDenmark })
      expect(answer.location?.searchParams.get('code')).toBeTruthy()
    })

    test('asks nobody who has to sign in anyway to choose as well', async () => {
      const browser = createBrowser()
      const page = await start(browser, prompt)
      expect(isSignInPage(page)).toBe(true)
      const fields = { username: 'sofia@example.test', password }
      expect(isConsentPage(await browser.submit(page, fields))).toBe(true)
    })
  },
)

test('nobody is signed out before they choose, and what was granted goes on', async () => {
  const browser = createBrowser()
  const { access_token } = await connect(server.issuer, { browser })
  await start(browser)
  expect(isConsentPage(await start(browser, 'consent'))).toBe(true)
  await useAnother(browser, await start(browser))
  expect(isSignInPage(await start(browser, 'consent'))).toBe(true)
  expect(await introspect(server.issuer, access_token)).toMatchObject({ active: true })
})

test('the choice counts once: the next request asks again', async () => {
  const browser = await signedIn()
  expect(isConsentPage(await browser.submit(await start(browser), { decision: 'continue' }))).toBe(
    true,
  )
  expect(isChoice(await start(browser))).toBe(true)
})

test('prompt=login select_account asks for the password, on a page that takes everybody', async () => {
  const browser = await signedIn()
  const page = await start(browser, 'login select_account')
  expect(isSignInPage(page)).toBe(true)
  const fields = { username: 'jonas@example.test', password }
  expect((await browser.submit(page, fields)).text).toContain('Jonas Berg')
})

test('who typed the password too long ago types it, and is not asked to choose after that', async () => {
  const browser = await signedIn()
  await signedInBefore(storage, browser, 400 * 86_400)
  const page = await start(browser)
  expect(isSignInPage(page)).toBe(true)
  const fields = { username: 'sofia@example.test', password }
  expect(isConsentPage(await browser.submit(page, fields))).toBe(true)
})

test('the person can go back to the client', async () => {
  const browser = await signedIn()
  const { location } = await browser.submit(await start(browser), { decision: 'decline' })
  expect(location?.searchParams.get('error')).toBe('access_denied')
})

test('a form without a choice shows the page again', async () => {
  const browser = await signedIn()
  const page = await start(browser)
  const again = await browser.submit(page, { decision: 'allow', subject: bakery })
  expect([again.status, isChoice({ ...again, status: 200 })]).toEqual([422, true])
  expect(isConsentPage(await browser.submit(again, { decision: 'continue' }))).toBe(true)
})

test('a form of another page or another origin chooses nothing', async () => {
  const browser = await signedIn()
  const page = await start(browser)
  const forged = { csrf: 'x', decision: 'continue' }
  expect((await browser.submit(page, forged)).status).toBe(403)
  const headers = { origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' }
  expect((await browser.submit(page, { decision: 'continue' }, { headers })).status).toBe(403)
  const consentPage = await browser.submit(page, { decision: 'continue' })
  expect(isConsentPage(consentPage)).toBe(true)
  const again = await browser.submit(page, { decision: 'continue' })
  expect(again.url.href).toBe(urlOfInteraction(consentPage).href)
})

test('a pushed request may ask for it, and the metadata says so', async () => {
  const body = new URL(requestUrl(server.issuer, { prompt: 'select_account' })).searchParams
  const pushed = toJson(
    await send(`${server.issuer}/oauth/par`, { body, headers: basic(confidential) }),
  )
  const { client_id } = confidential
  const query = new URLSearchParams({ client_id, request_uri: String(pushed['request_uri']) })
  const browser = await signedIn()
  expect(isChoice(await browser.go(`${server.issuer}/oauth/authorize?${query.toString()}`))).toBe(
    true,
  )
  const metadata = toJson(await send(`${server.issuer}/.well-known/oauth-authorization-server`))
  expect(metadata['prompt_values_supported']).toEqual(
    expect.arrayContaining(['none', 'login', 'select_account', 'consent']),
  )
})
