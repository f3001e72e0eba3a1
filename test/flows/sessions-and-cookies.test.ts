import { afterEach, describe, expect, test, vi } from 'vitest'
import { createBrowser, type Browser, urlOfInteraction, type Page } from '../support/browser.ts'
import {
  authorizationUrl,
  connect,
  consent,
  createPkce,
  goToConsent,
  introspect,
  refresh,
} from '../support/flow.ts'
import { createCountingStorage, createProxyFetch } from '../support/hosts.ts'
import { bakery, nordlysDenmark, password } from '../support/people.ts'
import {
  confidential,
  publicClient,
  startServer,
  useServer,
  type RunningServer,
} from '../support/server.ts'

const server = useServer()

const nameOf = (type: string): string => server.provider.cookieName(type)

const cookieValue = ({ cookies }: Browser, name: string): string =>
  [...cookies].find(([key]) => key.endsWith(` ${name}`))?.[1].value ?? ''

const requestUrl = (issuer: string): string =>
  authorizationUrl(issuer, confidential, { code_challenge: createPkce().challenge })

const isSignIn = ({ text }: Page): boolean => text.includes('name="password"')

describe('the session', () => {
  test('gets another id at every sign-in, and the earlier one is worthless', async () => {
    const { browser } = await goToConsent(server.issuer)
    const before = cookieValue(browser, nameOf('session'))
    const signature = cookieValue(browser, `${nameOf('session')}.sig`)
    const login = await browser.go(`${requestUrl(server.issuer)}&prompt=login`)
    await browser.submit(login, { username: 'sofia@example.test', password })
    const after = cookieValue(browser, nameOf('session'))
    expect(before).not.toBe('')
    expect(after).not.toBe(before)
    const fresh = createBrowser()
    fresh.cookies.set(`/ ${nameOf('session')}`, { value: before, path: '/', attributes: '' })
    fresh.cookies.set(`/ ${nameOf('session')}.sig`, { value: signature, path: '/', attributes: '' })
    expect(isSignIn(await fresh.go(requestUrl(server.issuer)))).toBe(true)
  })

  test('an id planted before the sign-in is not the one that is signed in', async () => {
    const planted = createBrowser()
    const { browser: attacker } = await goToConsent(server.issuer, { as: 'jonas' })
    for (const [key, cookie] of attacker.cookies) {
      if (key.startsWith(`/ ${nameOf('session')}`)) planted.cookies.set(key, cookie)
    }
    const login = await planted.go(`${requestUrl(server.issuer)}&prompt=login`)
    const page = await planted.submit(login, { username: 'sofia@example.test', password })
    expect(page.text).toContain('Sofia Lind')
    expect((await attacker.go(requestUrl(server.issuer))).text).not.toContain('Sofia Lind')
  })

  test('ends when its time is over', async () => {
    let passed = 0
    const { storage } = createCountingStorage(() => Date.now() + passed)
    const short = await startServer({ storage, lifetimes: { session: 600 } })
    const { browser } = await goToConsent(short.issuer)
    expect(isSignIn(await browser.go(requestUrl(short.issuer)))).toBe(false)
    passed = 601 * 1000
    expect(isSignIn(await browser.go(requestUrl(short.issuer)))).toBe(true)
    await short.close()
  })
})

describe('two tabs of one browser', () => {
  const as = (id: string): Record<string, string> => ({ username: `${id}@example.test`, password })

  test('with two clients do not mix', async () => {
    const first = await goToConsent(server.issuer)
    const { browser } = first
    const second = await goToConsent(server.issuer, { browser, client: publicClient })
    const allow = { subject: bakery, decision: 'allow' }
    const one = await browser.submit(first.page, allow)
    const two = await browser.submit(second.page, allow)
    expect(one.location?.origin).toBe('https://ledger.example.test')
    expect(two.location?.origin).toBe('https://mobile.example.test')
    expect(one.location?.searchParams.get('code')).toBeTruthy()
    expect(two.location?.searchParams.get('code')).toBeTruthy()
  })

  test('with a sign-in page each: the second person wins, nobody is stuck, no connection ends', async () => {
    const browser = createBrowser()
    const first = await browser.go(requestUrl(server.issuer))
    const second = await browser.go(requestUrl(server.issuer))
    const sofiasPage = await browser.submit(first, as('sofia'))
    const tokens = await connect(server.issuer, { browser })
    const jonasPage = await browser.submit(second, as('jonas'))
    expect(jonasPage.text).toContain('Jonas Berg')
    const answer = await browser.submit(jonasPage, { subject: nordlysDenmark, decision: 'allow' })
    expect(answer.location?.searchParams.get('code')).toBeTruthy()
    expect(await introspect(server.issuer, tokens.access_token)).toMatchObject({ active: true })
    expect((await refresh(server.issuer, tokens.refresh_token)).status).toBe(200)
    expect((await browser.go(urlOfInteraction(sofiasPage).href)).text).not.toContain(
      'value="allow"',
    )
  })

  test('a page of the person before says so when loaded again, as a page and not as an error of ours', async () => {
    const { page, browser } = await goToConsent(server.issuer)
    await goToConsent(server.issuer, { browser, as: 'jonas', params: { prompt: 'login' } })
    const answer = await browser.go(urlOfInteraction(page).href)
    expect(answer.status).toBeLessThan(500)
    expect(answer.headers.get('content-type')).toContain('text/html')
    expect(answer.text).not.toContain('value="allow"')
  })

  test('prompt=login for somebody else leaves the connections of the first alive', async () => {
    const browser = createBrowser()
    const tokens = await connect(server.issuer, { browser })
    const { page } = await goToConsent(server.issuer, {
      browser,
      as: 'jonas',
      params: { prompt: 'login' },
    })
    expect(page.text).toContain('Jonas Berg')
    expect((await refresh(server.issuer, tokens.refresh_token)).status).toBe(200)
  })
})

describe('cookies', () => {
  test('are HttpOnly, SameSite=Lax, signed, and not Secure on plain http', async () => {
    const { browser } = await goToConsent(server.issuer)
    const names = [...browser.cookies.keys()].map((key) => key.slice(key.indexOf(' ') + 1))
    expect(new Set(names)).toEqual(
      new Set(
        ['session', 'interaction', 'resume'].map(nameOf).flatMap((name) => [name, `${name}.sig`]),
      ),
    )
    for (const { attributes } of browser.cookies.values()) {
      expect(attributes).toMatch(/httponly/i)
      expect(attributes).toMatch(/samesite=lax/i)
      expect(attributes).not.toMatch(/secure|domain/i)
    }
  })

  test('of an interaction are sent to that interaction only', async () => {
    const { page, browser } = await goToConsent(server.issuer)
    const paths = [...browser.cookies]
      .filter(([key]) => key.endsWith(` ${nameOf('interaction')}`))
      .map(([, { path }]) => path)
    expect(paths).toContain(urlOfInteraction(page).pathname)
    for (const path of paths) expect(path).toMatch(/^\/oauth\/interaction\/[\w-]+$/)
  })

  const tamper: readonly (readonly [string, (value: string, signature: string) => string])[] = [
    [
      'another value',
      (value, sig) => `${nameOf('session')}=${value}x; ${nameOf('session')}.sig=${sig}`,
    ],
    [
      'another signature',
      (value, sig) =>
        `${nameOf('session')}=${value}; ${nameOf('session')}.sig=${sig.startsWith('x') ? 'y' : 'x'}${sig.slice(1)}`,
    ],
    ['no signature', (value) => `${nameOf('session')}=${value}`],
    ['an empty signature', (value) => `${nameOf('session')}=${value}; ${nameOf('session')}.sig=`],
  ]
  test.each(tamper)('with %s are no session', async (_, forge) => {
    const { browser } = await goToConsent(server.issuer)
    const value = cookieValue(browser, nameOf('session'))
    const signature = cookieValue(browser, `${nameOf('session')}.sig`)
    const target = await browser.go(requestUrl(server.issuer))
    expect(isSignIn(target)).toBe(false)
    const page = await followWith(forge(value, signature))
    expect(isSignIn(page)).toBe(true)
  })

  test('signed with an earlier key still count; with a key that is gone they do not', async () => {
    const { storage } = createCountingStorage()
    const clientsAndKeys = (keys: string[]): Promise<RunningServer> =>
      startServer({ storage, cookieKeys: keys, issuer: 'http://localhost:9' })
    const [old, rotated, foreign] = await Promise.all([
      clientsAndKeys(['old key']),
      clientsAndKeys(['new key', 'old key']),
      clientsAndKeys(['new key']),
    ])
    vi.stubGlobal(
      'fetch',
      createProxyFetch('http://localhost:9', () => inner),
    )
    let inner = old.issuer
    const { browser } = await goToConsent('http://localhost:9')
    inner = foreign.issuer
    const copy = createBrowser()
    for (const [key, cookie] of browser.cookies) copy.cookies.set(key, cookie)
    expect(isSignIn(await copy.go(requestUrl('http://localhost:9')))).toBe(true)
    inner = rotated.issuer
    expect(isSignIn(await browser.go(requestUrl('http://localhost:9')))).toBe(false)
    await Promise.all([old.close(), rotated.close(), foreign.close()])
  })
})

afterEach(() => vi.unstubAllGlobals())

describe('with an https issuer behind a proxy that terminates TLS', () => {
  const issuer = 'https://auth.example.test'
  const tls = useServer({ issuer })

  test('the whole flow works, with Secure cookies and prefixes in every Set-Cookie', async () => {
    const set: string[] = []
    const proxy = createProxyFetch(issuer, () => tls.issuer)
    vi.stubGlobal('fetch', async (url: string, init?: RequestInit) => {
      const response = await proxy(url, init)
      set.push(...response.headers.getSetCookie())
      return response
    })
    const browser = createBrowser()
    expect((await connect(issuer, { browser })).token_type).toBe('Bearer')
    await goToConsent(issuer, { browser, as: 'jonas', params: { prompt: 'login' } })
    expect(set.length).toBeGreaterThan(6)
    expect(set.some((line) => line.startsWith('__Host-pleo_session=;'))).toBe(true)
    for (const line of set) {
      expect(line).toMatch(/^__(Host|Secure)-pleo_/)
      expect(line).toMatch(/; secure/i)
      expect(line).toMatch(/; httponly/i)
      expect(line).toMatch(/; samesite=lax/i)
      expect(line).toMatch(/^__Secure-|; path=\/;/)
      expect(line).not.toMatch(/domain=/i)
    }
  })

  test('Strict-Transport-Security is sent, and the code goes to the client', async () => {
    vi.stubGlobal(
      'fetch',
      createProxyFetch(issuer, () => tls.issuer),
    )
    const { page } = await goToConsent(issuer)
    expect(page.headers.get('strict-transport-security')).toMatch(/^max-age=\d{7,}/)
    const { redirect } = await consent(issuer, { subject: bakery })
    expect(redirect.searchParams.get('iss')).toBe(issuer)
  })
})

async function followWith(cookie: string): Promise<Page> {
  const browser = createBrowser()
  for (const pair of cookie.split('; ')) {
    const at = pair.indexOf('=')
    const name = pair.slice(0, at)
    browser.cookies.set(`/ ${name}`, { value: pair.slice(at + 1), path: '/', attributes: '' })
  }
  return browser.go(requestUrl(server.issuer))
}
