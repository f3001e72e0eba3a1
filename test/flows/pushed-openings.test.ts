import { describe, expect, test } from 'vitest'
import { createBrowser, urlOfInteraction, type Browser, type Page } from '../support/browser.ts'
import { authorizationUrl, createPkce, post } from '../support/flow.ts'
import { bakery, password } from '../support/people.ts'
import { basic } from '../support/requests.ts'
import { confidential, useServer } from '../support/server.ts'

const server = useServer()

/** Pushes a request, and returns the URL to open. */
async function push(params: Record<string, string> = {}): Promise<string> {
  const url = authorizationUrl(server.issuer, confidential, {
    code_challenge: createPkce().challenge,
    ...params,
  })
  const fields = Object.fromEntries(new URL(url).searchParams)
  const { body } = await post(`${server.issuer}/oauth/par`, fields, basic(confidential))
  const { client_id } = confidential
  const query = new URLSearchParams({ client_id, request_uri: String(body['request_uri']) })
  return `${server.issuer}/oauth/authorize?${query}`
}

const signIn = (browser: Browser, page: Page): Promise<Page> =>
  browser.submit(page, { username: 'sofia@example.test', password })

describe('a pushed request that is opened again', () => {
  test('in the same browser leads to the page that it led to first', async () => {
    const url = await push()
    const browser = createBrowser()
    const first = await browser.go(url)
    const second = await browser.go(url)
    expect(second.url.href).toBe(urlOfInteraction(first).href)
    expect(second.text).toContain('name="password"')
  })

  test('after the sign-in leads to the consent page, with the state of the request', async () => {
    const url = await push({ state: 'pushed-state' })
    const browser = createBrowser()
    const consent = await signIn(browser, await browser.go(url))
    const again = await browser.go(url)
    expect(again.url.href).toBe(urlOfInteraction(consent).href)
    const answer = await browser.submit(again, { decision: 'allow', subject: bakery })
    expect(answer.location?.searchParams.get('state')).toBe('pushed-state')
    expect(answer.location?.searchParams.get('code')).toBeTruthy()
  })

  test('by POST leads there, too', async () => {
    const url = await push()
    const browser = createBrowser()
    const first = await browser.go(url)
    const { origin, pathname, searchParams } = new URL(url)
    const second = await browser.go(origin + pathname, { method: 'POST', body: searchParams })
    expect(second.url.href).toBe(urlOfInteraction(first).href)
  })

  test('after the decision gives no second code', async () => {
    const url = await push()
    const browser = createBrowser()
    const consent = await signIn(browser, await browser.go(url))
    await browser.submit(consent, { decision: 'allow', subject: bakery })
    const again = await browser.go(url)
    expect([again.location, again.text.includes('<button name="decision"')]).toEqual([
      undefined,
      false,
    ])
  })

  test('in another browser shows nothing of the request, and the first one goes on', async () => {
    const url = await push()
    const browser = createBrowser()
    const first = await browser.go(url)
    const other = await createBrowser().go(url)
    expect(other.status).toBe(400)
    expect(other.text).not.toContain(confidential.client_name)
    expect(other.text).not.toContain('name="password"')
    const consent = await signIn(browser, first)
    const answer = await browser.submit(consent, { decision: 'allow', subject: bakery })
    expect(answer.location?.searchParams.get('code')).toBeTruthy()
  })

  test('ten times at once is in one interaction only', async () => {
    const url = await push()
    const pages = await Promise.all(Array.from({ length: 10 }, () => createBrowser().go(url)))
    expect(pages.filter(({ text }) => text.includes('name="password"'))).toHaveLength(1)
  })
})
