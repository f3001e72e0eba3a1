import { expect, test } from 'vitest'
import { createMemoryAdapter } from '../../adapters/memory.ts'
import { createBrowser, isolated, type Browser, type Page } from '../support/browser.ts'
import { authorizationUrl, createPkce, goToConsent } from '../support/flow.ts'
import { createAccounts } from '../support/people.ts'
import { confidential, useServer } from '../support/server.ts'
import { signedInBefore } from '../support/sessions.ts'

const storage = createMemoryAdapter()
const links = { forgottenPassword: '/forgotten', help: 'https://help.example.test/?a=1&b=2' }
const server = useServer({
  storage,
  lifetimes: { session: 3600 },
  accounts: { ...createAccounts(), links },
})

const ask = (browser: Browser, params: Record<string, string> = {}): Promise<Page> =>
  browser.go(
    authorizationUrl(server.issuer, confidential, {
      code_challenge: createPkce().challenge,
      ...params,
    }),
  )

/** The reason on the sign-in page, and the name that is filled in. */
const toldBy = ({ text }: Page): readonly (boolean | string | undefined)[] => {
  expect(text).toContain('name="password"')
  const reason = `For your security, sign in again to continue with ${isolated('Northwind Ledger')}.`
  return [text.includes(reason), /name="username"[^>]*value="(.*?)"/.exec(text)?.[1]]
}

test.each([
  ['prompt=login', { prompt: 'login' }],
  ['max_age=0', { max_age: '0' }],
  ['a login_hint of the same person', { prompt: 'login', login_hint: 'sofia@example.test' }],
])(
  'a person who is signed in reads why the password is asked for again, with %s',
  async (_, params) => {
    const { browser } = await goToConsent(server.issuer)
    const page = await ask(browser, params)
    expect(toldBy(page)).toEqual([true, 'sofia@example.test'])
    const fields = { username: 'sofia@example.test', password: 'wrong' }
    expect(toldBy(await browser.submit(page, fields))).toEqual([true, 'sofia@example.test'])
  },
)

test('nobody reads who was signed in: not another browser, not after the session, not after switching', async () => {
  expect(toldBy(await ask(createBrowser(), { prompt: 'login' }))).toEqual([false, ''])
  const { browser } = await goToConsent(server.issuer)
  const other = { prompt: 'login', login_hint: 'jonas@example.test' }
  expect(toldBy(await ask(browser, other))).toEqual([false, 'jonas@example.test'])
  await signedInBefore(storage, browser, 3660)
  expect(toldBy(await ask(browser))).toEqual([false, ''])
  const { page: consent, browser: second } = await goToConsent(server.issuer)
  const action = /action="([^"]*switch-account)"/.exec(consent.text)?.[1] ?? ''
  expect(toldBy(await second.submit(consent, {}, { action }))).toEqual([false, ''])
})

test('the page links to the pages of the host for a forgotten password and for help', async () => {
  const { text } = await ask(createBrowser())
  expect(text).toContain(`href="${new URL('/forgotten', server.issuer).href}" target="_blank"`)
  expect(text).toContain('href="https://help.example.test/?a=1&amp;b=2" target="_blank"')
})
