import { beforeAll, describe, expect, test } from 'vitest'
import { refusalOf, startBackend } from '../support/backend.ts'
import {
  createBrowser,
  formToken,
  urlOfInteraction,
  type Browser,
  type Page,
} from '../support/browser.ts'
import { useRunning } from '../support/fixtures.ts'
import { authorizationUrl, createPkce, redeem, revoke, type Tokens } from '../support/flow.ts'

// The example backend, as `npm run example:embedded` starts it, and what its people and their applications do.

const bakery = '7c1f7c43-9a55-4d1b-a11c-7f3e5f0a2b11'
const florist = '2f3b0f0e-62c1-4a66-8f0e-0b8c1d6a9c22'
const ledger = {
  client_id: 'ledger',
  redirect_uris: ['http://127.0.0.1:8910/callback'],
  token_endpoint_auth_method: 'none',
} as const

let origin = ''
let issuer = ''
const backend = useRunning(startBackend)
beforeAll(async () => {
  ;({ origin, issuer } = backend)
})

const maja = { email: 'maja@bakery.example', password: 'flour and water' }
const otto = { email: 'otto@florist.example', password: 'roses and rain' }

interface Forgery {
  readonly csrf?: string
  readonly headers?: Record<string, string>
}

/** Posts the backend's own form. */
function signIn(
  browser: Browser,
  page: Page,
  person: typeof maja,
  {
    csrf = formToken(page),
    headers = { origin: page.url.origin, 'sec-fetch-site': 'same-origin' },
  }: Forgery = {},
): Promise<Page> {
  const action = /action="([^"]+)"/.exec(page.text)?.[1]?.replaceAll('&amp;', '&') ?? ''
  const body = new URLSearchParams({ ...person, csrf })
  return browser.go(new URL(action, page.url).href, { method: 'POST', body, headers })
}

interface Visit {
  readonly browser: Browser
  readonly page: Page
  readonly verifier: string
}

/** To the consent page, by the sign-in of the backend. */
async function visit(person: typeof maja, browser = createBrowser()): Promise<Visit> {
  const { verifier, challenge } = createPkce()
  const scope = 'companies:read vendors:read vendors:write'
  const url = authorizationUrl(issuer, ledger, { scope, code_challenge: challenge })
  const login = await browser.go(url)
  expect(login.url.origin + login.url.pathname).toBe(`${origin}/login`)
  return { browser, page: await signIn(browser, login, person), verifier }
}

async function connect(person: typeof maja, company: string): Promise<Tokens> {
  const { browser, page, verifier } = await visit(person)
  const subject = `urn:pleo:company:${company}`
  const { location } = await browser.submit(page, { subject, decision: 'allow' })
  const redirect = location ?? new URL(issuer)
  const code = redirect.searchParams.get('code') ?? ''
  const { status, body } = await redeem(issuer, { code, redirect, verifier }, ledger)
  expect(status).toBe(200)
  return body as unknown as Tokens
}

async function call(
  path: string,
  token: string,
  body?: object,
): Promise<readonly [number, unknown]> {
  const response = await fetch(`${origin}/api/${path}`, {
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
  })
  const { data, error } = (await response.json()) as { data?: unknown; error?: string }
  return [response.status, data ?? error]
}

test('the start finds nothing wrong with how it is mounted', () => {
  expect(backend.log()).not.toContain('"level":"error"')
})

describe('a person', () => {
  test('signs in at the backend, and sees the page with what the backend has put there', async () => {
    const { page, browser } = await visit(maja)
    expect(page.text).toContain('Northwind Ledger')
    expect(page.text).toContain('Bright Bakery')
    expect(page.text).toContain('mailto:it@backend.example')
    // Who is signed in there is not asked again.
    const again = await browser.go(
      authorizationUrl(issuer, ledger, { code_challenge: createPkce().challenge }),
    )
    expect(again.url.pathname).toMatch(/^\/auth\/oauth\/interaction\//)
  })

  test('reads where a company is in the language of the page', async () => {
    const { page, browser } = await visit(maja)
    const headers = { 'accept-language': 'de' }
    expect((await browser.go(urlOfInteraction(page).href, { headers })).text).toContain('Dänemark')
  })

  test('does not sign in with a wrong password, and is led nowhere else', async () => {
    const browser = createBrowser()
    const evil = `${origin}/login?return_to=${encodeURIComponent('https://evil.test/auth/oauth/interaction/x')}`
    const page = await browser.go(evil)
    expect(page.text).not.toContain('evil.test')
    const wrong = await signIn(browser, page, { ...maja, password: 'x' })
    expect(wrong.status).toBe(401)
    expect(wrong.text).toContain('Wrong email or password.')
    expect(wrong.text).toContain('value="maja@bakery.example"')
    const right = await signIn(browser, wrong, maja)
    expect(right.url.href).toBe(`${origin}/`)
    expect(right.text).toContain('Signed in as Maja Lind')
  })

  test('sees an email that was typed as text, whatever is in it', async () => {
    const browser = createBrowser()
    const email = '"><b>maja</b>'
    const wrong = await signIn(browser, await browser.go(`${origin}/login`), { ...maja, email })
    expect(wrong.text).toContain('&quot;&gt;&lt;b&gt;maja')
    expect(wrong.text).not.toContain('<b>maja')
  })

  test('stays signed in when somebody signs in at a second backend on another port', async () => {
    const second = await startBackend()
    try {
      const { browser } = await visit(maja)
      const page = await signIn(browser, await browser.go(`${second.origin}/login`), otto)
      expect(page.text).toContain('Signed in as Otto Berg')
      expect((await browser.go(`${origin}/`)).text).toContain('Signed in as Maja Lind')
    } finally {
      await second.close()
    }
  })

  test('does not connect a company where somebody else decides, and reads who does', async () => {
    const { page, browser } = await visit(maja)
    expect(page.text).toContain('Otto Berg')
    const subject = `urn:pleo:company:${florist}`
    const refused = await browser.submit(page, { subject, decision: 'allow' })
    expect(refused.location).toBeUndefined()
  })
})

describe('the sign-in of the backend refuses a form', () => {
  const expectRefused = async (forgery: Forgery, browser = createBrowser()): Promise<void> => {
    const page = await browser.go(`${origin}/login`)
    const refused = await signIn(browser, page, otto, forgery)
    expect(refused.status).toBe(403)
    expect((await browser.go(`${origin}/`)).text).not.toContain('Signed in')
    // The page that says so has a form that works.
    const right = await signIn(browser, refused, maja)
    expect(right.text).toContain('Signed in as Maja Lind')
  }

  test.each([
    ['of another origin', { origin: 'https://evil.test' }],
    ['of a sandboxed page', { origin: 'null' }],
    ['of another site', { 'sec-fetch-site': 'cross-site' }],
    ['of a neighbour', { 'sec-fetch-site': 'same-site' }],
    ['of an application on another port', { origin: 'http://localhost:1' }],
  ])('%s', (_, headers) => expectRefused({ headers }))

  test('and takes its own if the referrer is hidden on the way', async () => {
    const browser = createBrowser()
    const page = await browser.go(`${origin}/login`)
    const headers = { origin: 'null', 'sec-fetch-site': 'same-origin' }
    expect((await signIn(browser, page, maja, { headers })).text).toContain(
      'Signed in as Maja Lind',
    )
  })

  test.each(['', 'guessed'])('with no token or a wrong one: %s', (csrf) => expectRefused({ csrf }))

  test('with a token that is good in another browser, for the attacker', async () => {
    const csrf = formToken(await createBrowser().go(`${origin}/login`))
    await expectRefused({ csrf })
  })

  test('from a browser that never saw it', async () => {
    const body = new URLSearchParams({ ...otto, csrf: '' })
    const answer = await createBrowser().go(`${origin}/login`, { method: 'POST', body })
    expect(answer.status).toBe(403)
  })
})

describe('an application', () => {
  test('reads and writes the data of its company, and of no other', async () => {
    const [ours, theirs] = [await connect(maja, bakery), await connect(otto, florist)]
    expect(await call('vendors', ours.access_token, { name: 'Mill & Co' })).toEqual([
      201,
      { name: 'Mill & Co' },
    ])
    expect(await call('vendors', ours.access_token)).toEqual([200, ['Mill & Co']])
    expect(await call('vendors', theirs.access_token)).toEqual([200, []])
    expect(await call(`vendors?company_id=${bakery}`, theirs.access_token)).toEqual([
      403,
      'forbidden',
    ])
    expect(await call(`vendors?company_id=${bakery}`, theirs.access_token, { name: 'x' })).toEqual([
      403,
      'forbidden',
    ])
    expect(await call('companies', theirs.access_token)).toEqual([
      200,
      [{ id: florist, name: 'Corner Florist', country: 'SE' }],
    ])
    expect(await call('vendors', ours.access_token)).toEqual([200, ['Mill & Co']])
  })

  test('is out at once when its connection ends', async () => {
    const tokens = await connect(maja, bakery)
    expect((await call('companies', tokens.access_token))[0]).toBe(200)
    await revoke(issuer, tokens.refresh_token, ledger)
    expect(await call('companies', tokens.access_token)).toEqual([401, 'invalid_token'])
  })

  test.each([
    ['no token', 'vendors', ''],
    ['a token that is none', 'vendors', 'Bearer x'],
  ])('gets 401 with %s', async (_, path, authorization) => {
    const { status, headers } = await fetch(`${origin}/api/${path}`, {
      headers: authorization ? { authorization } : {},
    })
    expect(status).toBe(401)
    expect(headers.get('www-authenticate')).toContain(
      `resource_metadata="${origin}/.well-known/oauth-protected-resource/api"`,
    )
  })

  test('reads the errors of the backend and those of the authorization server as each has them', async () => {
    const { access_token } = await connect(maja, bakery)
    expect(await call('vendors', access_token, { name: '' })).toEqual([400, 'name must be a text'])
    expect(
      (
        await redeem(
          issuer,
          { code: 'x', redirect: new URL(ledger.redirect_uris[0]), verifier: 'x' },
          ledger,
        )
      ).body,
    ).toMatchObject({ error: 'invalid_grant' })
  })
})

test("the backend's log has every request and every connection, no token, and nothing that went wrong", async () => {
  const { access_token, refresh_token } = await connect(maja, bakery)
  await call('companies', access_token)
  const lines = backend
    .log()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(lines.map(({ event }) => event)).toContain('code.redeemed')
  expect(lines).toContainEqual(
    expect.objectContaining({ event: 'request', path: '/auth/oauth/token', status: 200 }),
  )
  // Warnings of the process are there as well: of how the authorization server is embedded, among others.
  expect(lines.filter(({ level }) => level === 'error')).toEqual([])
  const isoTime = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/
  expect(lines.filter(({ time }) => !isoTime.test(String(time)))).toEqual([])
  for (const secret of [access_token, refresh_token, maja.password, 'code='])
    expect(backend.log()).not.toContain(secret)
})

test('keeps an idle connection for longer than load balancers do', async () => {
  const { headers } = await fetch(`${origin}/login`)
  expect(headers.get('keep-alive')).toBe('timeout=65')
})

test('says in one line where its port is taken, and ends with 1', async () => {
  const { port } = new URL(origin)
  expect(await refusalOf({ PORT: port })).toBe(
    `port ${port} is taken: set PORT to another one, or to 0 for a free one\n`,
  )
})

test.each([
  [{ PORT: '70000' }, /^PORT must be a whole number from 0 to 65535 [^\n]+\n$/],
  [{ PORT: 'tcp://10.0.0.1:3100' }, /^PORT must be [^\n]+Kubernetes or Docker set it\n$/],
  [{ KEEP_ALIVE_TIMEOUT: '65s' }, /^KEEP_ALIVE_TIMEOUT must be [^\n]+ seconds from 1 to 9999\n$/],
  [{ HOST: 'the-name-of-a-machine' }, /^HOST must be one of localhost, [^\n]+\n$/],
])('says in one line what is wrong with %j', async (settings, line) => {
  expect(await refusalOf(settings)).toMatch(line)
})
