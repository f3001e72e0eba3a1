import { beforeEach, expect, test } from 'vitest'
import { createBrowser, type Browser, type Page } from '../support/browser.ts'
import { useRunning } from '../support/fixtures.ts'
import { startGatedExample } from '../support/gated-example.ts'

// How the partner application of the example keeps its connection: it is what partners copy.

const example = useRunning(startGatedExample)

let browser: Browser
beforeEach(() => {
  browser = createBrowser()
  example.decide()
  example.seen.length = 0
})

const refreshes = (): readonly (string | null)[] =>
  example.seen.map(({ parameters }) => parameters.get('refresh_token')).filter(Boolean)
const latest = () => example.seen.at(-1) ?? expect.fail('no token request was sent')

async function connect(): Promise<Page> {
  const started = await browser.go(`${example.app}/connect`)
  const login = await browser.go(started.location?.href ?? '')
  const credentials = { username: 'sofia@brightbakery.example', password: 'pleo-demo' }
  const consent = await browser.submit(login, credentials)
  const subject = /value="(urn:pleo:company:[^"]+)"/.exec(consent.text)?.[1] ?? ''
  const agreed = await browser.submit(consent, { subject, decision: 'allow' })
  return browser.go(agreed.location?.href ?? '')
}

const open = (): Promise<Page> => browser.go(`${example.app}/`)
const press = (path: string): Promise<Page> =>
  browser.go(example.app + path, { method: 'POST', headers: { origin: example.app } })

/** Revokes a token behind the back of the application, which is where its credentials come from. */
async function revoke(token: string): Promise<void> {
  const { status } = await fetch(`${example.issuer}/oauth/token/revoke`, {
    method: 'POST',
    headers: { authorization: latest().authorization },
    body: new URLSearchParams({ token }),
  })
  expect(status).toBe(200)
}

/** The names of the requests that a page lists, each with its status and error. */
const stepsOf = (page: Page): readonly string[] =>
  [...page.text.matchAll(/<summary>(.*?)<\/summary>/gs)].map(([, step = '']) => {
    const [, name = ''] = /<strong>(.*?)<\/strong>/.exec(step) ?? []
    const [, status = ''] = /<span\s+class="(?:good|bad)"\s*>(.*?)<\/span/s.exec(step) ?? []
    return `${name} ${status.trim()}`
  })

const connecting = ['Authorize 302', 'Callback 302', 'Token 200']
const reads = ['API 200', 'API 200', 'API 200']

test('a page lists the requests of its connection', async () => {
  const page = await connect()
  expect(page.text).toContain('Connected: Bright Bakery')
  expect(stepsOf(page)).toEqual([...connecting, ...reads])
  expect(stepsOf(await press('/disconnect'))).toEqual([
    ...connecting,
    ...reads,
    'Revoke 200',
    'API 401 invalid_token',
  ])
})

test('an access token that is about to end is refreshed, once for requests at the same time', async () => {
  example.decide('short-lived', 'short-lived')
  const page = await connect()
  expect(page.text).toContain('Connected: Bright Bakery')
  expect(stepsOf(page)).toEqual([...connecting, 'Refresh 200', ...reads])
  expect(refreshes()).toHaveLength(1)

  example.seen.length = 0
  const pages = await Promise.all([open(), open(), open()])
  for (const { text } of pages) expect(text).toContain('Connected: Bright Bakery')
  expect(refreshes()).toHaveLength(1)
})

test('an access token that the API refuses is refreshed once', async () => {
  await connect()
  await revoke(latest().answer['access_token'] ?? '')
  example.seen.length = 0
  const [page] = await Promise.all([open(), open()])
  expect(page.text).toContain('Connected: Bright Bakery')
  expect(refreshes()).toHaveLength(1)
  expect(stepsOf(page)).toContain('API 401 invalid_token')
})

test('a connection that was withdrawn is over, and the page says what to do', async () => {
  await connect()
  await revoke(latest().answer['refresh_token'] ?? '')
  const page = await open()
  expect(page.text).toMatch(/<h1>Access was withdrawn<\/h1>.*Connect again to go on\./s)
  expect(page.text).toContain('href="/connect"')
  expect(stepsOf(page).at(-1)).toBe('Refresh 400 invalid_grant')
  expect((await open()).text).toContain('Connect to Pleo')
  expect(refreshes()).toHaveLength(1)
})

test('a server that is not available ends no connection', async () => {
  example.decide('short-lived', 'unavailable', 'unavailable', 'unavailable')
  const page = await connect()
  expect([page.status, page.text]).toEqual([502, expect.stringContaining('you still are')])
  const later = await open()
  expect(later.text).toContain('Connected: Bright Bakery')
  expect(stepsOf(later)).toContain('Refresh 503 temporarily_unavailable')
})

test('a refresh whose answer is lost is sent again with the same token', async () => {
  example.decide('short-lived', 'lost')
  const page = await connect()
  expect(page.text).toContain('Connected: Bright Bakery')
  const sent = refreshes()
  expect([sent.length, new Set(sent).size]).toEqual([2, 1])
  expect(stepsOf(page)).toEqual(expect.arrayContaining(['Refresh no answer', 'Refresh 200']))
})

test('new tokens are stored before they are used for anything', async () => {
  await connect()
  example.decide('answered', 'unavailable')
  const page = await press('/refresh')
  expect(page.status).toBe(502)
  expect((await open()).text).toContain('Connected: Bright Bakery')
  // A token that was lost would have to come again: the server forgives that for a few seconds only.
  expect(refreshes()).toHaveLength(1)
})

test('pages tell tokens apart by their ends, and hold nothing that somebody could use', async () => {
  const pages = [await connect(), await press('/refresh'), await press('/introspect')]
  const tokens = example.seen.flatMap(({ answer }) => [
    answer['access_token'] ?? '',
    answer['refresh_token'] ?? '',
  ])
  expect(tokens).toHaveLength(4)
  for (const token of tokens.slice(2))
    expect(pages.at(-1)?.text).toContain(`>•••${token.slice(-6)}<`)
  pages.push(await press('/disconnect'))
  const secrets = example.seen.flatMap(({ authorization, parameters, answer }) => [
    authorization.slice('Basic '.length),
    answer['access_token'],
    answer['refresh_token'],
    ...['code', 'code_verifier', 'refresh_token'].map((name) => parameters.get(name)),
  ])
  for (const secret of secrets.filter((value) => typeof value === 'string')) {
    // Neither as a whole nor enough of it to guess the rest.
    for (const { text } of pages) expect(text).not.toContain(secret.slice(-10))
  }
})

test('the consent page shows the logo of the application, and its terms and privacy policy', async () => {
  const toConsent = async (): Promise<Page> => {
    const started = await browser.go(`${example.app}/connect`)
    return browser.go(started.location?.href ?? '')
  }
  await connect()
  const logo = /<img[^>]*src="([^"]+\/oauth\/[^"]*logo[^"]+)"/
  await expect.poll(async () => (await toConsent()).text).toMatch(logo)
  const { text } = await toConsent()
  const image = await fetch(new URL(logo.exec(text)?.[1] ?? '', example.issuer))
  expect([image.status, image.headers.get('content-type')]).toEqual([200, 'image/png'])
  for (const path of ['terms', 'privacy']) {
    expect(text).toContain(`href="${example.app}/${path}"`)
    expect((await browser.go(`${example.app}/${path}`)).status).toBe(200)
  }
})
