import { describe, expect, test } from 'vitest'
import type { AuthorizationServerOptions } from '../../lib/index.ts'
import { createBrowser, urlOfInteraction, type Browser, type Page } from '../support/browser.ts'
import { hasCode, isConsentPage, isSignInPage } from '../support/browser-visits.ts'
import { endAfterTest } from '../support/fixtures.ts'
import { bakery, createAccounts, password } from '../support/people.ts'
import { pause, requestUrl, send } from '../support/requests.ts'
import { startServer } from '../support/server.ts'

const credentials = { username: 'sofia@example.test', password }
const allow = { decision: 'allow', subject: bakery }

const start = async (options: Partial<AuthorizationServerOptions> = {}): Promise<string> =>
  endAfterTest(await startServer(options)).issuer

const signIn = (browser: Browser, page: Page): Promise<Page> => browser.submit(page, credentials)

describe('the authorization endpoint answers with the sign-in page', () => {
  test('to which the way through the URL of the interaction leads as well', async () => {
    const issuer = await start()
    const browser = createBrowser()
    const url = requestUrl(issuer, { ui_locales: 'da' })
    const page = await browser.go(url)
    expect([page.url.href, isSignInPage(page)]).toEqual([url, true])
    expect(page.headers.get('content-language')).toBe('da')
    const same = await browser.go(urlOfInteraction(page).href)
    expect(same.text).toBe(page.text)
    const headers = ['cache-control', 'content-security-policy', 'content-language', 'vary']
    for (const name of headers) expect(same.headers.get(name)).toBe(page.headers.get(name))
  })

  test('and the forms of two of them lead on, in any order', async () => {
    const issuer = await start()
    const browser = createBrowser()
    const url = requestUrl(issuer)
    const pages = [await browser.go(url), await browser.go(url)]
    for (const page of pages.toReversed()) {
      const consent = await signIn(browser, page)
      expect(isConsentPage(consent)).toBe(true)
      expect(hasCode(await browser.submit(consent, allow))).toBe(true)
    }
  })

  test('but a post with a redirect, so that a reload sends no form', async () => {
    const issuer = await start()
    const body = new URL(requestUrl(issuer)).searchParams
    const { status, headers } = await send(`${issuer}/oauth/authorize`, { body })
    expect([status, headers.location?.startsWith(`${issuer}/oauth/interaction/`)]).toEqual([
      303,
      true,
    ])
  })

  test('but if the person only has to decide, with a redirect: there the decision is seen again', async () => {
    const issuer = await start()
    const browser = createBrowser()
    await signIn(browser, await browser.go(requestUrl(issuer)))
    const consent = await browser.go(requestUrl(issuer))
    expect(isConsentPage(consent)).toBe(true)
    expect(consent.url.href).toBe(urlOfInteraction(consent).href)
    await browser.submit(consent, allow)
    expect((await browser.go(consent.url.href)).text).toContain('already answered')
  })

  test('but if `configure` put the interaction elsewhere, with a redirect there', async () => {
    const issuer = await start({
      configure: (configuration) => ({
        ...configuration,
        interactions: {
          ...configuration.interactions,
          url: (_ctx, { uid }) => `https://host.example.test/ask/${uid}`,
        },
      }),
    })
    const { status, headers } = await send(requestUrl(issuer))
    expect([status, headers.location?.startsWith('https://host.example.test/ask/')]).toEqual([
      303,
      true,
    ])
  })
})

describe('the way on after the sign-in answers with the consent page', () => {
  // On a busy machine, the page may take so long that it is left to its own URL.
  test('which leads to the interaction when it is loaded again', { retry: 3 }, async () => {
    const issuer = await start()
    const browser = createBrowser()
    const consent = await signIn(browser, await browser.go(requestUrl(issuer)))
    expect(consent.url.pathname.startsWith('/oauth/authorize/')).toBe(true)
    const again = await browser.go(consent.url.href)
    expect([again.url.href, again.text]).toEqual([urlOfInteraction(consent).href, consent.text])
    expect(hasCode(await browser.submit(again, allow))).toBe(true)
    expect((await browser.go(consent.url.href)).text).toContain('already answered')
  })

  test('which shows nothing to another browser', async () => {
    const issuer = await start()
    const browser = createBrowser()
    const consent = await signIn(browser, await browser.go(requestUrl(issuer)))
    const other = await createBrowser().go(consent.url.href)
    expect([other.status, other.text.includes('Ledger')]).toEqual([400, false])
  })

  test('or with a redirect to it, if the page cannot be drawn now', async () => {
    const failures = [new Error('the companies are away')]
    const accounts = createAccounts()
    const issuer = await start({
      accounts: {
        ...accounts,
        subjects: (...args) => {
          const failure = failures.pop()
          if (failure) throw failure
          return accounts.subjects(...args)
        },
      },
    })
    const browser = createBrowser()
    const consent = await signIn(browser, await browser.go(requestUrl(issuer)))
    expect([failures, isConsentPage(consent)]).toEqual([[], true])
    expect(consent.url.href).toBe(urlOfInteraction(consent).href)
  })

  test('or with a redirect to it, if the host is slow: who clicks again meanwhile stays signed in', async () => {
    const accounts = createAccounts()
    const issuer = await start({
      accounts: {
        ...accounts,
        async subjects(...args) {
          await pause(1000)
          return accounts.subjects(...args)
        },
      },
    })
    const browser = createBrowser()
    const page = await browser.go(requestUrl(issuer))
    const first = signIn(browser, page)
    await pause(500)
    const pages = await Promise.all([first, signIn(browser, page)])
    for (const consent of pages) {
      expect(isConsentPage(consent)).toBe(true)
      expect(consent.url.href).toBe(urlOfInteraction(consent).href)
    }
  })
})
