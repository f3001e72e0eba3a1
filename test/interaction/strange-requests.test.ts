import { connect as connectSocket } from 'node:net'
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { createBrowser, urlOfInteraction, type Page } from '../support/browser.ts'
import { goToConsent } from '../support/flow.ts'
import { bakery } from '../support/people.ts'
import { useServer } from '../support/server.ts'

const onServerError = vi.fn<(...args: unknown[]) => void>()
const server = useServer()
beforeAll(async () => {
  server.provider.on('server_error', onServerError)
})
// oxlint-disable-next-line vitest/no-standalone-expect -- what holds for each test stands here once
afterEach(() => expect(onServerError).not.toHaveBeenCalled())

function expectErrorPage(page: Page, status: number): void {
  expect(page.status).toBe(status)
  expect(page.location).toBeUndefined()
  expect(page.headers.get('content-type')).toContain('text/html')
  expect(page.headers.get('cache-control')).toContain('no-store')
  expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
  expect(page.text).toMatch(
    /This request cannot be completed|This page is no longer valid|Your browser seems to block cookies/,
  )
  expect(page.text).not.toMatch(/node_modules|\.[jt]s:\d|at async|Error:/)
}

const interactionUrl = (uid: string): string => `${server.issuer}/oauth/interaction/${uid}`

describe('an interaction page', () => {
  test.each(['unknown', 'x'.repeat(2000), '%3Cscript%3E', '..%2f..%2fetc', '%00', '__proto__'])(
    'that is unknown (%s) is an error page, without the text repeated',
    async (uid) => {
      const page = await createBrowser().go(interactionUrl(uid))
      expectErrorPage(page, 400)
      expect(page.text).not.toMatch(/<script|etc|__proto__|xxxx/)
    },
  )

  test("is an error page with another interaction's cookie", async () => {
    const { page, browser } = await goToConsent(server.issuer)
    const cookie = [...browser.cookies]
      .filter(([, { path }]) => path === urlOfInteraction(page).pathname)
      .map(([key, { value }]) => `${key.slice(key.indexOf(' ') + 1)}=${value}`)
      .join('; ')
    expectErrorPage(await createBrowser().go(interactionUrl('other'), { headers: { cookie } }), 400)
    expect((await browser.go(urlOfInteraction(page).href)).text).toContain('value="allow"')
  })

  test('is an error page in another browser, and stays as it was in its own', async () => {
    const { page, browser } = await goToConsent(server.issuer)
    expectErrorPage(await createBrowser().go(urlOfInteraction(page).href), 400)
    expect((await browser.go(urlOfInteraction(page).href)).text).toContain('value="allow"')
  })

  test('is an error page in another browser after it was answered', async () => {
    const { page, browser } = await goToConsent(server.issuer)
    await browser.submit(page, { subject: bakery, decision: 'allow' })
    expectErrorPage(await createBrowser().go(urlOfInteraction(page).href), 400)
    const resume = urlOfInteraction(page).href.replace('/interaction/', '/authorize/')
    expectErrorPage(await createBrowser().go(resume), 400)
  })

  test.each(['HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])(
    'does nothing with %s',
    async (method) => {
      const { page, browser } = await goToConsent(server.issuer)
      const answer = await browser.go(urlOfInteraction(page).href, { method })
      expect([404, 405]).toContain(answer.status)
      const good = await browser.submit(page, { subject: bakery, decision: 'allow' })
      expect(good.location?.searchParams.get('code')).toBeTruthy()
    },
  )

  test('is a page also where what takes a form alone is gone to', async () => {
    const { page, browser } = await goToConsent(server.issuer)
    const answer = await browser.go(`${urlOfInteraction(page).href}/switch-account`)
    expect(answer.headers.get('allow')).toBe('POST')
    expectErrorPage(answer, 405)
  })

  test('is in JSON for whoever does not take HTML', async () => {
    const page = await createBrowser().go(interactionUrl('unknown'), {
      headers: { accept: 'application/json' },
    })
    expect(page.status).toBe(400)
    expect(JSON.parse(page.text)).toMatchObject({ error: 'invalid_request' })
  })
})

describe('a resume URL', () => {
  test.each(['unknown', '%3Cscript%3E'])('that is unknown (%s) is an error page', async (uid) => {
    const page = await createBrowser().go(`${server.issuer}/oauth/authorize/${uid}`)
    expectErrorPage(page, 400)
  })

  test('of an open question leads back to the question', async () => {
    const { page, browser } = await goToConsent(server.issuer)
    const resumed = await browser.go(
      urlOfInteraction(page).href.replace('/interaction/', '/authorize/'),
    )
    expect(resumed.text).toContain('value="allow"')
    const answer = await browser.submit(resumed, { subject: bakery, decision: 'allow' })
    expect(answer.location?.searchParams.get('code')).toBeTruthy()
  })
})

describe('a request that no browser sends', () => {
  test.each([
    'GET /oauth/interaction/%zz HTTP/1.1',
    'GET /oauth/interaction/%E0%A4%A HTTP/1.1',
    'POST /oauth/interaction/%zz HTTP/1.1',
    'GET /oauth/interaction/%zz/switch-account HTTP/1.1',
    'GET /oauth/authorize/%zz HTTP/1.1',
    'GET /oauth/authorize?client_id=%zz&%E0%A4%A=%E0 HTTP/1.1',
    'GET /oauth/authorize?a[b]=c&a[]=d&client_id[]=ledger HTTP/1.1',
    'GET /oauth/%zz HTTP/1.1',
    'GET /oauth/assets/styles.css?v=%zz HTTP/1.1',
    'GET /oauth/assets/../../package.json HTTP/1.1',
    'GET //oauth/authorize HTTP/1.1',
    'GET http://evil.test/oauth/authorize HTTP/1.1',
    'GET /oauth/authorize/ HTTP/1.1',
    'GET /OAUTH/AUTHORIZE HTTP/1.1',
    'POST /oauth/authorize/ HTTP/1.1',
    'POST /oauth/Token HTTP/1.1',
    'PROPFIND /oauth/authorize HTTP/1.1',
    'GET /.well-known/oauth-authorization-server%00 HTTP/1.1',
    'OPTIONS * HTTP/1.1',
    'GET /oauth/jwks#x HTTP/1.1',
  ])('is answered, and not with 5xx: %s', async (line) => {
    const answer = await sendRaw(`${line}\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`)
    expect(answer).toMatch(/^HTTP\/1\.1 [234]\d\d /)
    expect(answer).not.toMatch(/node_modules|\.[jt]s:\d/)
  })

  test.each(['interaction=%', 'session=;;;=', '=', 'session="', 'a'.repeat(8000)])(
    'with the cookie %s is answered as one without',
    async (given) => {
      const cookie = given.replace(/^(session|interaction)/, (type) =>
        server.provider.cookieName(type),
      )
      const { page } = await goToConsent(server.issuer)
      const answer = await createBrowser().go(page.url.href, { headers: { cookie } })
      expectErrorPage(answer, 400)
    },
  )
})

function sendRaw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connectSocket(Number(new URL(server.issuer).port), '127.0.0.1', () => {
      socket.write(text)
    })
    socket.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk))
    socket.on('end', () => resolve(answer)).on('error', reject)
  })
}
