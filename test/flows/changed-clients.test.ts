import { beforeEach, describe, expect, test, vi } from 'vitest'
import { decide, hasCode, isConsentPage, isSignInPage } from '../support/browser-visits.ts'
import { createBrowser, type Browser, urlOfInteraction, type Page } from '../support/browser.ts'
import {
  authorizationUrl,
  connect,
  createPkce,
  goToConsent,
  post,
  refresh,
} from '../support/flow.ts'
import { bakery, password } from '../support/people.ts'
import { register, type Credentials } from '../support/registered.ts'
import { basic, toErrorPage } from '../support/requests.ts'
import { useServer } from '../support/server.ts'

const both = 'companies:read users:read'
const params = { scope: both }
const removed = 'https://nordvind.example.test/callback'
const elsewhere = 'https://elsewhere.example.test/callback'
const allow = { subject: bakery, decision: 'allow' }
const credentials = { username: 'sofia@example.test', password }

let client: Credentials
const server = useServer()
beforeEach(async () => {
  client = await register(server.clients)
})

type Change = () => Promise<unknown>

/** Where a person is when the client is changed, and what the browser shows in the end. */
const moments: Record<string, (change: Change) => Promise<Page>> = {
  async 'before the person signs in'(change) {
    const { browser, page } = await goToSignIn()
    await change()
    return browser.submit(page, credentials)
  },
  async 'before the sign-in page is loaded again'(change) {
    const { browser, page } = await goToSignIn()
    await change()
    return browser.go(urlOfInteraction(page).href)
  },
  async 'between the sign-in and what comes after it'(change) {
    const { browser, page } = await goToSignIn()
    const wayOn = await decide(browser, page, credentials)
    await change()
    return browser.go(wayOn)
  },
  async 'before the consent page is loaded again'(change) {
    const { page, browser } = await goToConsent(server.issuer, { client, params })
    expect(isConsentPage(page)).toBe(true)
    await change()
    return browser.go(urlOfInteraction(page).href)
  },
  async 'before the person agrees'(change) {
    const { page, browser } = await goToConsent(server.issuer, { client, params })
    await change()
    return browser.submit(page, allow)
  },
  async 'before the person becomes another'(change) {
    const { page, browser } = await goToConsent(server.issuer, { client, params })
    await change()
    return browser.submit(page, {}, { action: `${urlOfInteraction(page).href}/switch-account` })
  },
  async 'between the agreement and what comes after it'(change) {
    const { page, browser } = await goToConsent(server.issuer, { client, params })
    const wayOn = await decide(browser, page, allow)
    await change()
    return browser.go(wayOn)
  },
  async 'after the request was pushed'(change) {
    const browser = createBrowser()
    const wayOn = await push()
    await change()
    return browser.go(wayOn)
  },
  async 'while the person decides on a request that was pushed'(change) {
    const browser = createBrowser()
    const page = await browser.submit(await browser.go(await push()), credentials)
    expect(isConsentPage(page)).toBe(true)
    const wayOn = await decide(browser, page, allow)
    await change()
    return browser.go(wayOn)
  },
}

const requestUrl = (): string => {
  const { challenge: code_challenge } = createPkce()
  return authorizationUrl(server.issuer, client, { ...params, code_challenge })
}

async function goToSignIn(): Promise<{ browser: Browser; page: Page }> {
  const browser = createBrowser()
  const page = await browser.go(requestUrl())
  expect(isSignInPage(page)).toBe(true)
  return { browser, page }
}

/** Pushes a request, and says where the browser goes with it. */
async function push(): Promise<string> {
  const { issuer } = server
  const fields = Object.fromEntries(new URL(requestUrl()).searchParams)
  const { body } = await post(`${issuer}/oauth/par`, fields, basic(client))
  const { client_id } = client
  const query = new URLSearchParams({ client_id, request_uri: String(body['request_uri']) })
  return `${issuer}/oauth/authorize?${query.toString()}`
}

function expectErrorPage({ status, headers, text }: Page): void {
  const page = toErrorPage({ status, headers: Object.fromEntries(headers), text })
  expect(page).toMatchObject({ status: 400, code: 'invalid_redirect_uri', location: undefined })
}

function expectError({ location }: Page, error: string): void {
  expect(`${location?.origin}${location?.pathname}`).toBe(removed)
  const { searchParams } = location as URL
  const { issuer: iss } = server
  expect(Object.fromEntries(searchParams)).toMatchObject({ error, state: 'some-state', iss })
  expect(searchParams.has('code')).toBe(false)
}

const connections = () => server.connections.list({ subject: bakery, clientId: client.client_id })

describe.each(Object.entries(moments))('a client that changes %s', (_, goOn) => {
  test('gets nothing at a redirect URI that it lost', async () => {
    const change = { redirect_uris: [elsewhere] }
    expectErrorPage(await goOn(() => server.clients.update(client.client_id, change)))
    expect(await connections()).toEqual([])
  })

  test('is told that it lost a scope, and gets none of the others', async () => {
    const change = { scope: 'companies:read' }
    expectError(await goOn(() => server.clients.update(client.client_id, change)), 'invalid_scope')
    expect(await connections()).toEqual([])
  })

  test('gets nothing at the redirect URI where it lost both', async () => {
    const change = { redirect_uris: [elsewhere], scope: 'companies:read' }
    expectErrorPage(await goOn(() => server.clients.update(client.client_id, change)))
  })

  test('goes on where it lost nothing that was asked for', async () => {
    const change = {
      redirect_uris: [elsewhere, removed],
      scope: `${both} export-jobs:write`,
    }
    const page = await goOn(() => server.clients.update(client.client_id, change))
    expect(isSignInPage(page) || isConsentPage(page) || hasCode(page)).toBe(true)
  })
})

describe('a redirect URI that the client lost', () => {
  test('does not learn that the person declined', async () => {
    const { page, browser } = await goToConsent(server.issuer, { client, params })
    const wayOn = await decide(browser, page, { decision: 'decline' })
    await server.clients.update(client.client_id, { redirect_uris: [elsewhere] })
    expectErrorPage(await browser.go(wayOn))
  })

  test('does not learn that something failed', async () => {
    const { page, browser } = await goToConsent(server.issuer, { client, params })
    const wayOn = await decide(browser, page, allow)
    await server.clients.update(client.client_id, { redirect_uris: [elsewhere] })
    const find = vi.spyOn(server.accounts, 'find').mockRejectedValue(new Error('out of order'))
    expectErrorPage(await browser.go(wayOn))
    expect(find).toHaveBeenCalled()
    find.mockRestore()
  })

  test('is as good as ever once the client has it back', async () => {
    const { page, browser } = await goToConsent(server.issuer, { client, params })
    await server.clients.update(client.client_id, { redirect_uris: [elsewhere] })
    expectErrorPage(await browser.go(urlOfInteraction(page).href))
    await server.clients.update(client.client_id, { redirect_uris: [removed] })
    expect(hasCode(await browser.submit(page, allow))).toBe(true)
  })

  describe.each([allow, { decision: 'decline' }])('of a native client: $decision', (decision) => {
    const loopback = (path: string, port = 8001): string => `http://127.0.0.1:${port}/${path}`
    const change = async (to: string): Promise<Page> => {
      const native = await register(server.clients, {
        application_type: 'native',
        redirect_uris: [loopback('callback')],
      })
      const ports = { redirect_uri: loopback('callback', 8003) }
      const { page, browser } = await goToConsent(server.issuer, { client: native, params: ports })
      const wayOn = await decide(browser, page, decision)
      await server.clients.update(native.client_id, { redirect_uris: [to] })
      return browser.go(wayOn)
    }

    test('is not excused by another path at that port', async () => {
      expectErrorPage(await change(loopback('other', 8003)))
    })

    test('is not lost with another port', async () => {
      const { location } = await change(loopback('callback', 8002))
      expect(location?.href).toMatch(/^http:\/\/127\.0\.0\.1:8003\/callback\?(code|error)=/)
    })
  })
})

describe('a client gets no code', () => {
  const withoutProofKey = { code_challenge: '', code_challenge_method: '' }
  const losses = [
    ['its exception from PKCE', { pkce_exception: false }, withoutProofKey, 'invalid_request'],
    ['its grant type', { grant_types: [], response_types: [] }, {}, 'unauthorized_client'],
  ] as const

  test.each(losses)('where it loses %s while a person decides', async (_, change, more, error) => {
    const excepted = await register(server.clients, { pkce_exception: true })
    const asked = { client: excepted, params: { ...params, ...more } }
    const { page, browser } = await goToConsent(server.issuer, asked)
    await server.clients.update(excepted.client_id, change)
    expectError(await browser.submit(page, allow), error)
  })

  test.each(losses)('where it loses %s after that', async (_, change, more, error) => {
    const excepted = await register(server.clients, { pkce_exception: true })
    const asked = { client: excepted, params: { ...params, ...more } }
    const { page, browser } = await goToConsent(server.issuer, asked)
    const wayOn = await decide(browser, page, allow)
    await server.clients.update(excepted.client_id, change)
    expectError(await browser.go(wayOn), error)
  })
})

test('what people granted before goes on when a request is refused', async () => {
  const { refresh_token } = await connect(server.issuer, { client })
  const { page, browser } = await goToConsent(server.issuer, { client, params })
  await server.clients.update(client.client_id, { scope: 'companies:read' })
  expectError(await browser.submit(page, allow), 'invalid_scope')
  expect(await connections()).toHaveLength(1)
  expect((await refresh(server.issuer, refresh_token, client)).status).toBe(200)
})
