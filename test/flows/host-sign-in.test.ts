import type { Context } from 'koa'
import { beforeEach, describe, expect, test } from 'vitest'
import { createBrowser, type Browser, urlOfInteraction, type Page } from '../support/browser.ts'
import { useRunning } from '../support/fixtures.ts'
import { authorizationUrl, connect, createPkce, introspect } from '../support/flow.ts'
import {
  createCountingStorage,
  createHostSession,
  mountAtRoot,
  mountBelow,
  postWithoutFollowing,
  startHost,
} from '../support/hosts.ts'
import { bakery, createAccounts, nordlysDenmark } from '../support/people.ts'
import { confidential } from '../support/server.ts'

const { storage, stored } = createCountingStorage()
const session = createHostSession()
const contexts: Context[] = []
const people = createAccounts()
let failure: Error | undefined

const host = useRunning(() =>
  startHost(
    (parent, { app }) => {
      parent.keys = ['the keys of the parent']
      parent.use(session.middleware)
      parent.use(mountBelow('/auth', app))
      parent.use(mountAtRoot(app))
    },
    {
      path: '/auth',
      storage,
      accounts: {
        find: (id) => people.find(id),
        subjects: (id, options) => people.subjects(id, options),
        signInUrl: '/login?theme=dark',
        signedIn: (ctx) => {
          if (failure) throw failure
          contexts.push(ctx)
          const id = session.accountIdOf(ctx)
          return typeof id === 'string' ? id : undefined
        },
      },
    },
  ),
)
beforeEach(() => {
  contexts.length = 0
  failure = undefined
})

const allow = { subject: bakery, decision: 'allow' }

const start = (browser: Browser, params: Record<string, string> = {}): Promise<Page> =>
  browser.go(
    authorizationUrl(host.issuer, confidential, {
      code_challenge: createPkce().challenge,
      ...params,
    }),
  )

/** Signs in at the host, as a person on its page would, and comes back. */
function signInAtHost(browser: Browser, page: Page, as: string): Promise<Page> {
  const url = new URL(page.url)
  url.searchParams.set('as', as)
  return browser.go(url.href)
}

const changeHostAccount = (browser: Browser, as: string): Promise<Page> =>
  browser.go(
    `${host.origin}/login?as=${as}&return_to=${encodeURIComponent(`${host.origin}/login`)}`,
  )

function expectHostSignIn({ url, text }: Page, prompt: string | null): void {
  expect(text).toContain("the host's own sign-in page")
  expect(url.pathname).toBe('/login')
  expect(url.searchParams.get('theme')).toBe('dark')
  expect(url.searchParams.get('prompt')).toBe(prompt)
  const returnTo = url.searchParams.get('return_to') ?? ''
  expect(returnTo.startsWith(`${host.issuer}/oauth/interaction/`)).toBe(true)
}

describe('a person who is signed in at the host', () => {
  test('is never asked to sign in', async () => {
    const browser = createBrowser()
    await changeHostAccount(browser, 'sofia')
    const page = await start(browser)
    expect(page.text).toContain('Sofia Lind')
    const answer = await browser.submit(page, allow)
    expect(answer.location?.searchParams.get('code')).toBeTruthy()
  })

  test('is recognized by the context of the parent, with what its middleware put there', async () => {
    const browser = createBrowser()
    await changeHostAccount(browser, 'sofia')
    await start(browser)
    expect(contexts.length).toBeGreaterThan(0)
    for (const ctx of contexts) {
      expect(ctx.state).toEqual({ accountId: 'sofia' })
      expect(ctx.app.keys).toEqual(['the keys of the parent'])
    }
  })

  test('never sees the page with a password', async () => {
    const browser = createBrowser()
    await changeHostAccount(browser, 'sofia')
    expect((await start(browser)).text).not.toContain('name="password"')
  })
})

describe('a person who is not signed in at the host', () => {
  test('is sent there with the way back, and goes on from there', async () => {
    const browser = createBrowser()
    const page = await start(browser)
    expectHostSignIn(page, null)
    const consent = await signInAtHost(browser, page, 'jonas')
    expect(consent.text).toContain('Jonas Berg')
    const answer = await browser.submit(consent, { ...allow, subject: nordlysDenmark })
    expect(answer.location?.searchParams.get('code')).toBeTruthy()
    expect(answer.location?.searchParams.get('state')).toBe('some-state')
  })

  test('is sent there with the languages that the client asked for', async () => {
    const page = await start(createBrowser(), { ui_locales: 'fi sv' })
    expectHostSignIn(page, null)
    expect(page.url.searchParams.get('ui_locales')).toBe('fi sv')
  })

  test('is sent there with the name that the client guessed', async () => {
    const page = await start(createBrowser(), { login_hint: 'sofia+1@example.test' })
    expectHostSignIn(page, null)
    expect(page.url.searchParams.get('login_hint')).toBe('sofia+1@example.test')
  })

  test('is sent there again after coming back without having signed in', async () => {
    const browser = createBrowser()
    const page = await start(browser)
    expectHostSignIn(await browser.go(page.url.searchParams.get('return_to') ?? ''), null)
  })

  test('cannot sign in by posting to this server', async () => {
    const browser = createBrowser()
    const page = await start(browser)
    const answer = await browser.go(page.url.searchParams.get('return_to') ?? '', {
      method: 'POST',
      body: new URLSearchParams({ username: 'sofia@example.test', password: 'correct horse' }),
    })
    expect(answer.status).toBe(403)
  })

  test('is reported to the client that asked with prompt=none', async () => {
    const { location } = await start(createBrowser(), { prompt: 'none' })
    expect(location?.searchParams.get('error')).toBe('login_required')
  })
})

describe('signing in anew', () => {
  test('prompt=login sends to the host once, with prompt=login', async () => {
    const browser = createBrowser()
    await changeHostAccount(browser, 'sofia')
    const page = await start(browser, { prompt: 'login' })
    expectHostSignIn(page, 'login')
    const consent = await signInAtHost(browser, page, 'sofia')
    expect(consent.text).toContain('Sofia Lind')
    const answer = await browser.submit(consent, allow)
    expect(answer.location?.searchParams.get('code')).toBeTruthy()
  })

  test.each(['0', '3600'])('max_age=%s counts as prompt=login, once', async (max_age) => {
    const browser = createBrowser()
    await changeHostAccount(browser, 'sofia')
    await start(browser)
    const page = await start(browser, { max_age })
    expectHostSignIn(page, 'login')
    expect((await signInAtHost(browser, page, 'sofia')).text).toContain('Sofia Lind')
    const { location } = await start(browser, { max_age, prompt: 'none' })
    expect(location?.searchParams.get('error')).toBe('login_required')
  })

  test.each(['select_account', 'consent select_account'])(
    'prompt=%s sends to the host once, with prompt=select_account',
    async (prompt) => {
      const browser = createBrowser()
      await changeHostAccount(browser, 'sofia')
      await start(browser)
      const page = await start(browser, { prompt })
      expectHostSignIn(page, 'select_account')
      const consent = await signInAtHost(browser, page, 'jonas')
      expect(consent.text).toContain('Jonas Berg')
      const answer = await browser.submit(consent, { ...allow, subject: nordlysDenmark })
      expect(answer.location?.searchParams.get('code')).toBeTruthy()
    },
  )

  test('max_age counts as prompt=login in a new browser, and is stronger than select_account', async () => {
    const params = { max_age: '3600', prompt: 'select_account' }
    expectHostSignIn(await start(createBrowser(), params), 'login')
  })

  test('switching the account sends to the host with prompt=select_account, and the other goes on', async () => {
    const browser = createBrowser()
    await changeHostAccount(browser, 'sofia')
    const page = await start(browser)
    const action = `${urlOfInteraction(page).href}/switch-account`
    const hostPage = await browser.submit(page, {}, { action })
    expectHostSignIn(hostPage, 'select_account')
    const consent = await signInAtHost(browser, hostPage, 'jonas')
    expect(consent.text).toContain('Jonas Berg')
    expect(consent.text).not.toMatch(/Sofia|Bright Bakery/)
    const answer = await browser.submit(consent, { ...allow, subject: nordlysDenmark })
    expect(answer.location?.searchParams.get('code')).toBeTruthy()
  })
})

describe('when another person is signed in at the host than before', () => {
  async function openConsent(): Promise<[Page, Browser]> {
    const browser = createBrowser()
    await changeHostAccount(browser, 'sofia')
    const page = await start(browser)
    expect(page.text).toContain('Sofia Lind')
    return [page, browser]
  }

  test('a new request is that person, and the connections of the other go on', async () => {
    const browser = createBrowser()
    await changeHostAccount(browser, 'sofia')
    const tokens = await connect(host.issuer, { browser })
    await changeHostAccount(browser, 'jonas')
    const page = await start(browser)
    expect(page.text).toContain('Jonas Berg')
    expect(page.text).not.toContain('Sofia')
    expect(await introspect(host.issuer, tokens.access_token)).toMatchObject({ active: true })
  })

  test('an open page is shown for that person when loaded again', async () => {
    const [page, browser] = await openConsent()
    await changeHostAccount(browser, 'jonas')
    const again = await browser.go(urlOfInteraction(page).href)
    expect(again.text).toContain('Jonas Berg')
    expect(again.text).not.toMatch(/Sofia|Bright Bakery/)
    const answer = await browser.submit(again, { ...allow, subject: nordlysDenmark })
    expect(answer.location?.searchParams.get('code')).toBeTruthy()
  })

  test.each([bakery, nordlysDenmark])(
    'an open page is refused when posted (%s)',
    async (subject) => {
      const [page, browser] = await openConsent()
      await changeHostAccount(browser, 'jonas')
      const before = stored('Grant')
      const answer = await browser.submit(page, { ...allow, subject })
      expect(answer.status).toBe(403)
      expect(stored('Grant')).toBe(before)
    },
  )

  test('an open page of a person who signed out there is refused, and asks when loaded again', async () => {
    const [page, browser] = await openConsent()
    browser.cookies.delete('/ host_account')
    browser.cookies.delete('/ host_account.sig')
    const before = stored('Grant')
    expect((await browser.submit(page, allow)).status).toBe(403)
    expect(stored('Grant')).toBe(before)
    expectHostSignIn(await browser.go(page.url.href), null)
  })

  test('a change between the decision and the code gives no code for the first person', async () => {
    const [page, browser] = await openConsent()
    const decided = await postWithoutFollowing(browser, page, allow)
    expect(decided.status).toBe(303)
    await changeHostAccount(browser, 'jonas')
    const answer = await browser.go(decided.headers.get('location') ?? '')
    expect(answer.location?.searchParams.get('code') ?? null).toBeNull()
    expect(answer.status).toBe(200)
    expect(answer.text).toContain('Jonas Berg')
    const next = await browser.submit(answer, { ...allow, subject: nordlysDenmark })
    expect(next.location?.searchParams.get('code')).toBeTruthy()
  })
})

test('a host that fails to say who is signed in is answered with 500, and nothing of the cause', async () => {
  const browser = createBrowser()
  await changeHostAccount(browser, 'sofia')
  const page = await start(browser)
  failure = new Error('redis://session-store refused')
  const before = stored('Grant')
  const { href } = urlOfInteraction(page)
  for (const answer of [await browser.go(href), await browser.submit(page, allow)]) {
    expect(answer.status).toBe(500)
    expect(answer.text).not.toMatch(/redis|session-store/)
  }
  expect(stored('Grant')).toBe(before)
  failure = undefined
  expect((await browser.submit(page, allow)).location?.searchParams.get('code')).toBeTruthy()
})
