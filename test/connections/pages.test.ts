import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { ConnectionRevoked } from '../../lib/index.ts'
import { createBrowser, formToken, isolated, type Browser, type Page } from '../support/browser.ts'
import { connect, consent, goToConsent, introspect, redeem, type Tokens } from '../support/flow.ts'
import { createHostSession, mountAtRoot, startHost } from '../support/hosts.ts'
import {
  bakery,
  createAccounts,
  nordlysDenmark,
  nordlysGermany,
  password,
} from '../support/people.ts'
import {
  confidential,
  publicClient,
  resourceServer,
  startServer,
  useServer,
} from '../support/server.ts'

const people = createAccounts()
const withoutAuthority = new Set<string>()
const revoked: ConnectionRevoked[] = []
const server = useServer({
  views: { timeZone: 'UTC' },
  accounts: {
    ...people,
    // Emil is made an administrator of Sofia's company as well.
    subjects: async (id, options) => {
      if (withoutAuthority.has(id)) return []
      return people.subjects(id === 'emil' ? 'sofia' : id, options)
    },
  },
})
let issuer: string
beforeAll(async () => {
  issuer = server.issuer
  server.connections.events.on('connection.revoked', (event) => revoked.push(event))
})
beforeEach(async () => {
  for (const clientId of [confidential.client_id, publicClient.client_id]) {
    await server.connections.revoke({ clientId })
  }
  revoked.splice(0)
  withoutAuthority.clear()
})

async function signIn(
  as: string,
  browser = createBrowser(),
): Promise<{ page: Page; browser: Browser }> {
  const page = await browser.go(`${issuer}/oauth/connections`)
  return { page: await browser.submit(page, { username: `${as}@example.test`, password }), browser }
}

const disconnectUrl = (clientId: string, subject: string): string =>
  `${issuer}/oauth/connections/disconnect?${new URLSearchParams({ client_id: clientId, subject }).toString()}`

const isAlive = async ({ access_token, refresh_token }: Tokens): Promise<boolean> => {
  const answers = await Promise.all(
    [access_token, refresh_token].map((token) => introspect(issuer, token)),
  )
  expect(new Set(answers.map((answer) => answer['active'])).size).toBe(1)
  return answers[0]?.['active'] === true
}

/** The day in so many days, as English writes it. */
const toDay = (days: number): string =>
  new Intl.DateTimeFormat('en', { dateStyle: 'long', timeZone: 'UTC' })
    .format(Date.now() + days * 86_400_000)
    .replace(' ', '\u00A0')

describe('the page of connections', () => {
  test('says the last day that the consent page said, where a use puts the end off no more', async () => {
    const lifetimes = { grant: 3 * 86_400 }
    const short = await startServer({ lifetimes, views: { timeZone: 'UTC' } })
    const browser = createBrowser()
    const { page: question } = await goToConsent(short.issuer, { browser })
    expect(question.text).toContain(`Until ${isolated(toDay(3))}`)
    await connect(short.issuer, { browser })
    const page = await browser.go(`${short.issuer}/oauth/connections`)
    await short.close()
    expect(page.text).toContain(`Access ends on ${isolated(toDay(3))}<`)
  })

  test('says when the access ends where there is no refresh that could put it off', async () => {
    const once = { ...confidential, grant_types: ['authorization_code'] }
    const briefly = await startServer({ clients: [once], views: { timeZone: 'UTC' } })
    const browser = createBrowser()
    await connect(briefly.issuer, { browser, client: once })
    const page = await browser.go(`${briefly.issuer}/oauth/connections`)
    await briefly.close()
    expect(page.text).toMatch(/Access ends on [^<]*\d\u2069</)
    expect(page.text).not.toContain('at the latest')
  })

  test('asks for a sign-in, and shows what is connected, by whom and until when', async () => {
    await connect(issuer)
    const { page } = await signIn('sofia')
    expect([page.status, page.url.pathname]).toEqual([200, '/oauth/connections'])
    for (const words of [
      'Northwind Ledger',
      'Bright Bakery',
      'Sofia Lind',
      'companies:read',
      'Never used',
    ]) {
      expect(page.text).toContain(words)
    }
    expect(page.text).toContain(String(new Date().getUTCFullYear()))
    const [unused, latest] = [toDay(60), toDay(365)]
    expect(page.text).toContain(
      `Access ends on ${isolated(unused)} if it is not used, and on ${isolated(latest)} at the latest`,
    )
    expect(page.headers.get('cache-control')).toBe('no-store')
    expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
  })

  test('says when one was last used', async () => {
    const { access_token } = await connect(issuer)
    await introspect(issuer, access_token)
    expect((await signIn('sofia')).page.text).toContain('Last used')
  })

  test('shows nothing that was not redeemed, nor what ended, nor what is none of theirs', async () => {
    await consent(issuer)
    await connect(issuer, { as: 'jonas', subject: nordlysDenmark })
    const { page } = await signIn('sofia')
    expect(page.text).toContain('No app is connected')
    expect(page.text).not.toContain('Nordlys')
  })

  test('is in the language of the person', async () => {
    const { browser } = await signIn('sofia')
    const page = await browser.go(`${issuer}/oauth/connections?ui_locales=da`)
    expect(page.text).toContain('lang="da"')
  })

  test('refuses a wrong password, and a form from elsewhere', async () => {
    const browser = createBrowser()
    const page = await browser.go(`${issuer}/oauth/connections`)
    const wrong = await browser.submit(page, { username: 'sofia@example.test', password: 'wrong' })
    expect([wrong.status, wrong.text.includes('Wrong email or password')]).toEqual([422, true])
    const foreign = await browser.submit(
      page,
      { username: 'sofia@example.test', password },
      { headers: { origin: 'https://evil.example.test' } },
    )
    expect(foreign.status).toBe(403)
    expect((await browser.go(`${issuer}/oauth/connections`)).url.pathname).toBe('/oauth/sign-in')
  })
})

describe('disconnecting', () => {
  test('is confirmed, ends everything of the client for the subject, and is said', async () => {
    const first = await connect(issuer)
    const second = await connect(issuer)
    const waiting = await consent(issuer)
    const other = await connect(issuer, { as: 'jonas', subject: nordlysGermany })
    const { browser } = await signIn('sofia')
    const page = await browser.go(disconnectUrl(confidential.client_id, bakery))
    expect(page.text).toContain('Bright Bakery')
    expect(await isAlive(first)).toBe(true)
    const done = await browser.submit(page, { client_id: confidential.client_id, subject: bakery })
    expect([done.status, done.url.pathname]).toEqual([200, '/oauth/connections'])
    expect(done.text).toContain('no longer has access')
    expect([await isAlive(second), await isAlive(other)]).toEqual([false, true])
    expect((await redeem(issuer, waiting)).status).toBe(400)
    expect(new Set(revoked.map(({ reason, by }) => `${reason} ${by ?? ''}`))).toEqual(
      new Set(['person sofia']),
    )
    expect(revoked).toHaveLength(3)
  })

  test('is for another person of the company as well', async () => {
    const tokens = await connect(issuer)
    const { browser } = await signIn('emil')
    const page = await browser.go(disconnectUrl(confidential.client_id, bakery))
    await browser.submit(page, { client_id: confidential.client_id, subject: bakery })
    expect(await isAlive(tokens)).toBe(false)
    expect(revoked[0]).toMatchObject({ accountId: 'sofia', by: 'emil', reason: 'person' })
  })

  test('leaves other clients of the subject alone', async () => {
    await connect(issuer)
    const mobile = await connect(issuer, { client: publicClient })
    const { browser } = await signIn('sofia')
    const page = await browser.go(disconnectUrl(confidential.client_id, bakery))
    await browser.submit(page, { client_id: confidential.client_id, subject: bakery })
    expect((await introspect(issuer, mobile.access_token, resourceServer))['active']).toBe(true)
  })

  const expectRefused = async (answer: Promise<Page>, tokens: Tokens): Promise<void> => {
    const { status, text } = await answer
    expect([400, 403]).toContain(status)
    expect(text).not.toMatch(/Nordlys|Jonas/)
    expect(await isAlive(tokens)).toBe(true)
  }

  test('is refused for a subject without authority, which says nothing of it', async () => {
    const tokens = await connect(issuer, { as: 'jonas', subject: nordlysDenmark })
    const { browser } = await signIn('sofia')
    const fields = { client_id: confidential.client_id, subject: nordlysDenmark }
    const own = await browser.go(disconnectUrl(confidential.client_id, bakery))
    await expectRefused(browser.go(disconnectUrl(confidential.client_id, nordlysDenmark)), tokens)
    await expectRefused(browser.submit(own, fields), tokens)
  })

  test('is refused once the authority is gone, without the form token, from another site or browser', async () => {
    const tokens = await connect(issuer)
    const fields = { client_id: confidential.client_id, subject: bakery }
    const { browser } = await signIn('sofia')
    const page = await browser.go(disconnectUrl(confidential.client_id, bakery))
    const emil = await signIn('emil')
    const headers = { origin: 'https://evil.example.test' }
    await expectRefused(browser.submit(page, fields, { headers }), tokens)
    await expectRefused(browser.submit(page, { ...fields, csrf: 'x' }), tokens)
    await expectRefused(emil.browser.submit(page, { ...fields, csrf: formToken(page) }), tokens)
    withoutAuthority.add('sofia')
    await expectRefused(browser.submit(page, fields), tokens)
  })
})

describe('signing out', () => {
  test('is confirmed, ends the sign-in and no connection', async () => {
    const tokens = await connect(issuer)
    const { browser } = await signIn('sofia')
    const page = await browser.go(`${issuer}/oauth/sign-out`)
    const foreign = await browser.submit(
      page,
      {},
      { headers: { origin: 'https://evil.example.test' } },
    )
    expect(foreign.status).toBe(403)
    expect((await browser.go(`${issuer}/oauth/connections`)).url.pathname).toBe(
      '/oauth/connections',
    )
    const done = await browser.submit(page, {})
    expect(done.text).toContain('You are signed out')
    expect((await browser.go(`${issuer}/oauth/connections`)).url.pathname).toBe('/oauth/sign-in')
    expect(await isAlive(tokens)).toBe(true)
  })

  test('takes the session away, so that its cookie is of no use to somebody who kept it', async () => {
    const { browser } = await signIn('sofia')
    const kept = new Map(browser.cookies)
    await browser.submit(await browser.go(`${issuer}/oauth/sign-out`), {})
    for (const [name, cookie] of kept) browser.cookies.set(name, cookie)
    expect((await browser.go(`${issuer}/oauth/connections`)).url.pathname).toBe('/oauth/sign-in')
  })
})

test('a host with a sign-in of its own sends people there, and they see their connections', async () => {
  const session = createHostSession()
  const accounts = createAccounts()
  const host = await startHost(
    (parent, { app }) => {
      parent.use(session.middleware)
      parent.use(mountAtRoot(app))
    },
    {
      accounts: {
        find: (id) => accounts.find(id),
        subjects: (id, options) => accounts.subjects(id, options),
        signInUrl: '/login',
        signedIn: (ctx) => session.accountIdOf(ctx) as string | undefined,
      },
    },
  )
  const browser = createBrowser()
  const login = await browser.go(`${host.issuer}/oauth/connections`)
  expect(login.url.pathname).toBe('/login')
  expect(login.url.searchParams.get('return_to')).toBe(`${host.issuer}/oauth/connections`)
  const page = await browser.go(`${login.url.href}&as=sofia`)
  expect(page.url.pathname).toBe('/oauth/connections')
  expect(page.text).toContain('Sofia Lind')
  expect((await browser.go(`${host.issuer}/oauth/sign-out`)).status).toBe(404)
  await host.close()
})
