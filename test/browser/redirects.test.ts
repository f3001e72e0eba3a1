import Koa from 'koa'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { ClientMetadata } from '../../lib/index.ts'
import { usePage } from '../support/chromium.ts'
import { useRunning } from '../support/fixtures.ts'
import { createPkce, redeem } from '../support/flow.ts'
import { landAt } from '../support/landing.ts'
import { confidential, startApp, useServer } from '../support/server.ts'
import { formUrl, goToConsent } from '../support/steps.ts'

// Chromium holds every redirect after a form against `form-action`: the button goes dead where one is missing.

const clientAt = (client_id: string, redirectUri: string): ClientMetadata => ({
  ...confidential,
  client_id,
  client_name: `Ledger by ${client_id}`,
  application_type: 'native',
  redirect_uris: [redirectUri],
})

const welcome = new Koa().use((ctx) => {
  // The client sends the browser on, to a host of its own.
  const { host, searchParams } = ctx.URL
  if (ctx.path !== '/callback') ctx.body = 'landed'
  else
    ctx.redirect(
      `${host.replace('127.0.0.1', 'http://localhost')}/welcome?${searchParams.toString()}`,
    )
})

let clients: Readonly<Record<'https' | 'loopback' | 'scheme', ClientMetadata>>
const complaints: string[] = []

const page = usePage()
const loopback = useRunning(() => startApp(welcome))
beforeAll(async () => {
  clients = {
    https: clientAt('https', 'https://ledger.example.test/callback'),
    loopback: clientAt('loopback', `${loopback.origin}/callback`),
    scheme: clientAt('scheme', 'com.example.app:/callback'),
  }
})
const server = useServer(() => ({ clients: Object.values(clients) }))
beforeEach(async () => {
  complaints.splice(0)
  page.on('console', (message) => {
    if (message.text().includes('Content Security Policy')) complaints.push(message.text())
  })
})

const click = (name: string): Promise<void> =>
  page.getByRole('button', { name, exact: true }).click({ noWaitAfter: true })

/** Where the browser arrives after a click; for a private scheme, what it hands to the system. */
const arrivals: Readonly<Record<keyof typeof clients, () => Promise<() => Promise<URL>>>> = {
  https: async () => {
    const { landed } = await landAt(page, 'https://ledger.example.test')
    return () => landed
  },
  loopback: async () => async () => {
    await page.getByText('landed').waitFor()
    const url = new URL(page.url())
    expect(url.hostname).toBe('localhost')
    return url
  },
  scheme: async () => {
    const failed = page.waitForEvent('requestfailed', (request) =>
      request.url().startsWith('com.example.app:'),
    )
    return async () => {
      const request = await failed
      // Not blocked: this browser has no application that takes it.
      expect(request.failure()?.errorText).toBe('net::ERR_ABORTED')
      return new URL(request.url())
    }
  },
}

describe.each(['https', 'loopback', 'scheme'] as const)(
  'a redirect URI of the kind "%s"',
  (kind) => {
    test('gets the code after a click on Allow, with state and issuer, and the code is good', async () => {
      const client = clients[kind]
      const { verifier, challenge } = createPkce()
      await goToConsent(page, server.issuer, client, 'sofia', { code_challenge: challenge })
      const arrival = await arrivals[kind]()
      await click('Allow')
      const redirect = await arrival()
      const { code = '', ...others } = Object.fromEntries(redirect.searchParams)
      expect(others).toEqual({ state: 'some-state', iss: server.issuer })
      const { status } = await redeem(server.issuer, { code, verifier, redirect }, client)
      expect([status, complaints]).toEqual([200, []])
    })

    test('gets access_denied after a click on "Don\'t allow", with state and issuer', async () => {
      await goToConsent(page, server.issuer, clients[kind], 'sofia')
      const arrival = await arrivals[kind]()
      await click('Don’t allow')
      expect(Object.fromEntries((await arrival()).searchParams)).toEqual({
        error: 'access_denied',
        error_description: expect.any(String),
        state: 'some-state',
        iss: server.issuer,
      })
      expect(complaints).toEqual([])
    })
  },
)

test('Chromium would block each of them, were our own origin all that form-action allows', async () => {
  await page.route('**/oauth/interaction/*', async (route) => {
    if (route.request().method() === 'POST') return route.continue()
    const response = await route.fetch()
    const headers = response.headers()
    const policy = headers['content-security-policy'] ?? ''
    headers['content-security-policy'] = policy.replace(/form-action [^;]+/, "form-action 'self'")
    return route.fulfill({ response, headers })
  })
  for (const client of Object.values(clients)) {
    await page.context().clearCookies()
    await goToConsent(page, server.issuer, client, 'sofia')
    // Only what no redirect led to is routed.
    await page.goto(await formUrl(page))
    const complaint = page.waitForEvent('console', (message) =>
      message.text().includes('form-action'),
    )
    await click('Allow')
    expect((await complaint).text()).toContain("form-action 'self'")
  }
})
