import { expect, onTestFinished, test } from 'vitest'
import { createBrowser, type Browser, urlOfInteraction, type Page } from '../support/browser.ts'
import { authorizationUrl, createPkce, goToConsent } from '../support/flow.ts'
import { bakery, password } from '../support/people.ts'
import { confidential, startServer, type RunningServer } from '../support/server.ts'

// Browsers send the cookies of a host to every port of it (RFC 6265, Section 8.5). So does the browser of these tests.

async function start(issuer?: string): Promise<RunningServer> {
  // Each has cookie keys of its own, as two projects on one machine have.
  const cookieKeys = [`a key for the cookies of ${String(Math.random()).padEnd(20, '0')}`]
  const server = await startServer({ cookieKeys, ...(issuer !== undefined && { issuer }) })
  onTestFinished(() => server.close())
  return server
}

const allow = { subject: bakery, decision: 'allow' }

const connectionsOf = (browser: Browser, issuer: string): Promise<Page> =>
  browser.go(`${issuer}/oauth/connections`)

const askAgain = (browser: Browser, issuer: string): Promise<Page> =>
  browser.go(authorizationUrl(issuer, confidential, { code_challenge: createPkce().challenge }))

test('a person signed in at one server stays so when signing in and out at another', async () => {
  const [one, other] = [await start(), await start()]
  const { browser } = await goToConsent(one.issuer)
  expect((await goToConsent(other.issuer, { browser, as: 'jonas' })).page.text).toContain('Jonas')
  expect((await connectionsOf(browser, one.issuer)).text).toContain('Sofia Lind')
  expect((await connectionsOf(browser, other.issuer)).text).toContain('Jonas')

  await browser.submit(await browser.go(`${other.issuer}/oauth/sign-out`), {})
  expect((await connectionsOf(browser, other.issuer)).url.pathname).toBe('/oauth/sign-in')
  expect((await connectionsOf(browser, one.issuer)).text).toContain('Sofia Lind')
  expect((await askAgain(browser, one.issuer)).text).toContain('value="allow"')
})

test('a request that is open at one server is decided after one at another', async () => {
  const [one, other] = [await start(), await start()]
  const { page: first, browser } = await goToConsent(one.issuer)
  const { page: second } = await goToConsent(other.issuer, { browser, as: 'jonas' })
  expect((await browser.submit(second, { decision: 'decline' })).location?.search).toContain(
    'access_denied',
  )
  expect((await browser.submit(first, allow)).location?.searchParams.get('code')).toBeTruthy()
})

test('a person who takes another account at one server stays signed in at another', async () => {
  const [one, other] = [await start(), await start()]
  const { browser } = await goToConsent(one.issuer)
  const { page } = await goToConsent(other.issuer, { browser })
  const action = `${urlOfInteraction(page).href}/switch-account`
  const signIn = await browser.submit(page, {}, { action })
  await browser.submit(signIn, { username: 'jonas@example.test', password })
  expect((await connectionsOf(browser, one.issuer)).text).toContain('Sofia Lind')
})

test.each([
  ['https://auth.example.test', '__Host-pleo_session', '__Secure-pleo_'],
  ['https://auth.example.test/auth', '__Host-pleo_session', '__Secure-pleo_'],
  ['http://localhost', 'pleo_session', 'pleo_'],
])(
  'an issuer without a port keeps the names of its cookies: %s',
  async (issuer, session, prefix) => {
    const { provider } = await start(issuer)
    const names = ['session', 'interaction', 'resume'].map((type) => provider.cookieName(type))
    expect(names).toEqual([session, `${prefix}interaction`, `${prefix}resume`])
  },
)

test.each([
  ['https://auth.example.test:8443', '__Host-pleo_session_8443', '__Secure-pleo_resume_8443'],
  ['http://localhost:3000', 'pleo_session_3000', 'pleo_resume_3000'],
  ['http://127.0.0.1:3000/auth', 'pleo_session_3000', 'pleo_resume_3000'],
  ['http://[::1]:3000', 'pleo_session_3000', 'pleo_resume_3000'],
])('an issuer with a port has it in the names of its cookies: %s', async (issuer, ...expected) => {
  const { provider } = await start(issuer)
  expect(['session', 'resume'].map((type) => provider.cookieName(type))).toEqual(expected)
})

test('every cookie that is set has the port in its name, signatures included', async () => {
  const { issuer } = await start()
  const browser = createBrowser()
  await goToConsent(issuer, { browser })
  const names = [...browser.cookies.keys()].map((key) => key.slice(key.indexOf(' ') + 1))
  expect(names.length).toBeGreaterThan(5)
  const { port } = new URL(issuer)
  for (const name of names) expect(name).toMatch(new RegExp(`^pleo_[a-z]+_${port}(\\.sig)?$`))
})
