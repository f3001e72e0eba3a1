import { describe, expect, test, vi } from 'vitest'
import {
  createBrowser,
  formAction,
  formToken,
  isolated,
  type Browser,
  type Page,
  urlOfInteraction,
} from '../support/browser.ts'
import {
  authorizationUrl,
  connect,
  createPkce,
  goToConsent,
  introspect,
  refresh,
} from '../support/flow.ts'
import { postWithoutFollowing } from '../support/hosts.ts'
import { bakery, createAccounts, nordlysDenmark, password } from '../support/people.ts'
import { confidential, startServer, useServer } from '../support/server.ts'

const server = useServer()

const requestUrl = (params: Record<string, string> = {}): string =>
  authorizationUrl(server.issuer, confidential, {
    code_challenge: createPkce().challenge,
    ...params,
  })

async function goToSignIn(params: Record<string, string> = {}): Promise<[Page, Browser]> {
  const browser = createBrowser()
  const page = await browser.go(requestUrl(params))
  expect(page.text).toContain('name="password"')
  return [page, browser]
}

const sofia = { username: 'sofia@example.test', password }
const jonas = { username: 'jonas@example.test', password }

describe('the sign-in page', () => {
  test('says who wants something, and asks for name and password', async () => {
    const [page] = await goToSignIn()
    expect(page.status).toBe(200)
    expect(page.text).toContain(`to continue with ${isolated('Northwind Ledger')}`)
    expect(page.text).toMatch(/type="password"/)
  })

  test('takes the name from login_hint, escaped', async () => {
    const [page] = await goToSignIn({ login_hint: '"><script>x</script>' })
    expect(page.text).toContain('value="&quot;&gt;&lt;script&gt;x&lt;/script&gt;"')
    expect(page.text).not.toContain('<script>')
  })

  test.each([
    ['the password is wrong', { username: 'sofia@example.test', password: 'hunter"2<b>' }],
    ['there is no such person', { username: 'someone@example.test', password: 'hunter"2<b>' }],
  ])('keeps the name and never the password where %s', async (_, typed) => {
    const [page, browser] = await goToSignIn()
    const refused = await browser.submit(page, typed)
    expect(refused.status).toBe(422)
    expect(refused.text).toContain(`value="${typed.username}"`)
    expect(refused.text).toContain('Wrong email or password')
    expect(refused.text).toContain('<title>Error: Sign in | Pleo</title>')
    expect(refused.text).not.toMatch(/hunter|2&lt;/)
    const next = await browser.submit(refused, sofia)
    expect(next.text).toContain('Sofia Lind')
  })

  const incomplete: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
    ['nothing', []],
    ['no password', [['username', 'sofia@example.test']]],
    ['no name', [['password', password]]],
    [
      'two names',
      [
        ['username', 'sofia@example.test'],
        ['username', 'x'],
        ['password', password],
      ],
    ],
    [
      'two passwords',
      [
        ['username', 'sofia@example.test'],
        ['password', password],
        ['password', 'x'],
      ],
    ],
    [
      'a name as an array',
      [
        ['username[]', 'sofia@example.test'],
        ['password', password],
      ],
    ],
    [
      'empty fields',
      [
        ['username', ''],
        ['password', ''],
      ],
    ],
  ]
  test.each(incomplete)('with %s typed, asks again and signs nobody in', async (_, fields) => {
    const [page, browser] = await goToSignIn()
    const body = new URLSearchParams([
      ['csrf', formToken(page)],
      ...fields.map((pair) => [...pair]),
    ])
    const answer = await browser.go(formAction(page), { method: 'POST', body })
    expect(answer.status).toBe(422)
    expect(answer.text).toContain('name="password"')
    expect(answer.text).not.toContain(password)
  })

  test('leads back to the client when the person cancels', async () => {
    const [page, browser] = await goToSignIn()
    const { location } = await browser.submit(page, { decision: 'decline' })
    expect(location?.origin).toBe('https://ledger.example.test')
    expect(Object.fromEntries(location?.searchParams ?? [])).toMatchObject({
      error: 'access_denied',
      state: 'some-state',
      iss: server.issuer,
    })
  })

  test.each([
    ['without its token', { csrf: '' }, {}],
    ['from another origin', {}, { origin: 'https://evil.test' }],
  ])('refuses a post %s', async (_, fields, headers) => {
    const [page, browser] = await goToSignIn()
    const answer = await browser.submit(page, { ...sofia, ...fields }, { headers })
    expect(answer.status).toBe(403)
  })

  test('is shown again with prompt=login, once', async () => {
    const { browser } = await goToConsent(server.issuer)
    const page = await browser.go(requestUrl({ prompt: 'login' }))
    expect(page.text).toContain('name="password"')
    const consent = await browser.submit(page, sofia)
    const answer = await browser.submit(consent, { subject: bakery, decision: 'allow' })
    expect(answer.location?.searchParams.get('code')).toBeTruthy()
  })

  test('is not shown with prompt=none: the client is told', async () => {
    const { location } = await createBrowser().go(requestUrl({ prompt: 'none' }))
    expect(location?.searchParams.get('error')).toBe('login_required')
  })
})

describe('another account', () => {
  const switchAccount = (browser: Browser, page: Page): Promise<Page> =>
    browser.submit(page, {}, { action: `${urlOfInteraction(page).href}/switch-account` })

  test('goes on with the same request, and the other person and their companies are shown', async () => {
    const { page, browser } = await goToConsent(server.issuer)
    const login = await switchAccount(browser, page)
    expect(login.text).toContain('name="password"')
    const consent = await browser.submit(login, jonas)
    expect(consent.text).toContain('Jonas Berg')
    expect(consent.text).toContain('Nordlys Denmark')
    expect(consent.text).not.toMatch(/Sofia|Bright Bakery/)
    const answer = await browser.submit(consent, { subject: nordlysDenmark, decision: 'allow' })
    expect(answer.location?.searchParams.get('code')).toBeTruthy()
    expect(answer.location?.searchParams.get('state')).toBe('some-state')
  })

  test('signs the first person out at once', async () => {
    const { page, browser } = await goToConsent(server.issuer)
    await switchAccount(browser, page)
    expect((await browser.go(requestUrl())).text).toContain('name="password"')
  })

  test('can be the same person again', async () => {
    const { page, browser } = await goToConsent(server.issuer)
    const consent = await browser.submit(await switchAccount(browser, page), sofia)
    const answer = await browser.submit(consent, { subject: bakery, decision: 'allow' })
    expect(answer.location?.searchParams.get('code')).toBeTruthy()
  })

  test('leaves the connections of the first person alive', async () => {
    const { page, browser } = await goToConsent(server.issuer)
    const tokens = await connect(server.issuer, { browser })
    const again = await goToConsent(server.issuer, { browser })
    await browser.submit(await switchAccount(browser, again.page), jonas)
    expect(await introspect(server.issuer, tokens.access_token)).toMatchObject({ active: true })
    expect((await refresh(server.issuer, tokens.refresh_token)).status).toBe(200)
    expect(page.status).toBe(200)
  })

  test('is not chosen by a post without the token', async () => {
    const { page, browser } = await goToConsent(server.issuer)
    const action = `${urlOfInteraction(page).href}/switch-account`
    expect((await browser.submit(page, { csrf: '' }, { action })).status).toBe(403)
    expect((await browser.go(urlOfInteraction(page).href)).text).toContain('Sofia Lind')
  })

  test('is asked for where the one signed in is gone', async () => {
    const { browser } = await goToConsent(server.issuer)
    server.accounts.gone.add('sofia')
    const page = await browser.go(requestUrl())
    server.accounts.gone.delete('sofia')
    expect(page.text).toContain('name="password"')
    expect((await browser.submit(page, jonas)).text).toContain('Jonas Berg')
  })

  test('is what a client with prompt=none is told of, where the one signed in is gone', async () => {
    const { browser } = await goToConsent(server.issuer)
    const error = async (): Promise<unknown> =>
      (await browser.go(requestUrl({ prompt: 'none' }))).location?.searchParams.get('error')
    expect(await error()).toBe('consent_required')
    server.accounts.gone.add('sofia')
    const afterwards = await error()
    server.accounts.gone.delete('sofia')
    expect(afterwards).toBe('login_required')
  })

  test('is asked for, and asked again, where the one who agreed is gone before the code is made', async () => {
    const { page, browser } = await goToConsent(server.issuer)
    const decided = await postWithoutFollowing(browser, page, {
      subject: bakery,
      decision: 'allow',
    })
    server.accounts.gone.add('sofia')
    const login = await browser.go(decided.headers.get('location') ?? '')
    server.accounts.gone.delete('sofia')
    expect(login.text).toContain('name="password"')
    const consent = await browser.submit(login, jonas)
    expect(consent.status).toBe(200)
    expect(consent.text).toContain('Jonas Berg')
    const answer = await browser.submit(consent, { subject: nordlysDenmark, decision: 'allow' })
    expect(answer.location?.searchParams.get('code')).toBeTruthy()
  })

  test('is asked for where the one signed in is gone when the consent page is loaded again', async () => {
    const { page, browser } = await goToConsent(server.issuer)
    server.accounts.gone.add('sofia')
    const login = await browser.go(urlOfInteraction(page).href)
    server.accounts.gone.delete('sofia')
    expect(login.text).toContain('name="password"')
    expect((await browser.submit(login, jonas)).text).toContain('Jonas Berg')
  })
})

test('a host that fails at sign-in is answered with 500, without a word of the cause', async () => {
  const accounts = createAccounts()
  const failing = await startServer({
    accounts: {
      ...accounts,
      authenticate: () => {
        throw new Error('connection to db-7.internal refused')
      },
    },
  })
  const heard = vi.fn<(...args: unknown[]) => void>()
  failing.provider.on('server_error', heard)
  try {
    const browser = createBrowser()
    const challenge = createPkce().challenge
    const url = authorizationUrl(failing.issuer, confidential, { code_challenge: challenge })
    const answer = await browser.submit(await browser.go(url), sofia)
    expect(answer.status).toBe(500)
    expect(answer.headers.get('content-type')).toContain('text/html')
    expect(answer.text).not.toMatch(/db-7|node_modules|Error:/)
    expect(answer.text).not.toContain(password)
    expect(heard).toHaveBeenCalledTimes(1)
    expect(heard.mock.calls[0]?.[1]).toMatchObject({
      message: 'connection to db-7.internal refused',
    })
  } finally {
    await failing.close()
  }
})
