import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import Koa from 'koa'
import { local } from 'pleo-oauth-server/resource-server'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createApi } from '../docs/resource-server/cors.ts'
import { launchBrowser } from '../support/chromium.ts'
import { connect } from '../support/flow.ts'
import { audience, startApp, startServer, type RunningServer } from '../support/server.ts'

// A page of another origin and the API of docs/resource-server.md.

let browser: Browser
let page: Page
let server: RunningServer
let api: Awaited<ReturnType<typeof startApp>>
let token: string
const closing: (() => Promise<void>)[] = []

beforeAll(async () => {
  ;[browser, server] = await Promise.all([launchBrowser(), startServer()])
  api = await startApp(createApi(audience, server.issuer, local(server)))
  const pages = await startApp(new Koa().use((ctx) => void (ctx.body = 'a page')))
  token = (await connect(server.issuer)).access_token
  closing.push(
    () => browser.close(),
    () => api.close(),
    () => pages.close(),
    () => server.close(),
  )
  page = await browser.newPage()
  await page.goto(pages.origin.replace('127.0.0.1', 'localhost'))
})
afterAll(() => Promise.all(closing.map((close) => close())))

/** What a page gets of an answer, or that its browser keeps it from it. */
const ask = (url: string, headers: Record<string, string> = {}) =>
  page.evaluate(
    async ([target, given]) => {
      try {
        const response = await fetch(target, { headers: given })
        const challenge = response.headers.get('www-authenticate')
        return { status: response.status, challenge, text: await response.text() }
      } catch (error) {
        return String(error)
      }
    },
    [url, headers] as const,
  )

test('the sample of the document is the one that runs here', () => {
  const root = join(import.meta.dirname, '../..')
  const sample = readFileSync(join(root, 'test/docs/resource-server/cors.ts'), 'utf8')
  expect(readFileSync(join(root, 'docs/resource-server.md'), 'utf8')).toContain(sample)
})

test('a page reads the metadata of the API, also with a header that needs a preflight', async () => {
  const url = `${api.origin}/.well-known/oauth-protected-resource`
  for (const headers of [{}, { 'MCP-Protocol-Version': '2026-01-01' }]) {
    const answer = await ask(url, headers)
    expect(answer).toMatchObject({ status: 200, text: expect.stringContaining(server.issuer) })
  }
})

test('a page calls the API with its token', async () => {
  const answer = await ask(`${api.origin}/jobs`, { Authorization: `Bearer ${token}` })
  expect(answer).toMatchObject({ status: 200, text: '{"clientId":"ledger"}' })
})

test.each([
  ['without a token', {}],
  ['with a token that is not good', { Authorization: 'Bearer unknown' }],
  ['with a proof that is wrong', { Authorization: 'DPoP unknown', DPoP: 'unknown' }],
])('a page reads why it is refused, and where the metadata is: %s', async (_, headers) => {
  expect(await ask(`${api.origin}/jobs`, headers)).toMatchObject({
    status: 401,
    challenge: expect.stringContaining('resource_metadata='),
  })
})

test('in the other order, the browser keeps every answer from the page', async () => {
  const [metadata, cors, bearer, ...routes] = createApi(
    audience,
    server.issuer,
    local(server),
  ).middleware
  const wrong = new Koa()
  for (const one of [metadata, bearer, cors, ...routes]) if (one) wrong.use(one)
  const { origin, close } = await startApp(wrong)
  closing.push(close)
  for (const headers of [{}, { Authorization: `Bearer ${token}` }]) {
    expect(await ask(`${origin}/jobs`, headers)).toContain('TypeError')
  }
})
