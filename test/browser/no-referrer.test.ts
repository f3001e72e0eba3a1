import Koa from 'koa'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { launchBrowser } from '../support/chromium.ts'
import { connect } from '../support/flow.ts'
import { startGateway, type Gateway } from '../support/gateway.ts'
import { createCountingStorage } from '../support/hosts.ts'
import { landAt } from '../support/landing.ts'
import { bakery } from '../support/people.ts'
import { confidential, startApp, startServer, type RunningServer } from '../support/server.ts'
import { askUrl, follow, goToConnections, goToConsent, signIn } from '../support/steps.ts'

// Behind a gateway that sets `Referrer-Policy: no-referrer` on every answer, Chromium sends `Origin: null` with each form.

const { storage, stored } = createCountingStorage()
let browser: Browser
let gateway: Gateway
let server: RunningServer
let issuer: string
let context: BrowserContext
let page: Page
let origins: string[]

beforeAll(async () => {
  gateway = await startGateway('', { 'referrer-policy': 'no-referrer' })
  issuer = gateway.origin
  ;[browser, server] = await Promise.all([launchBrowser(), startServer({ issuer, storage })])
  gateway.sendTo(server.issuer)
})
afterAll(async () => {
  await browser.close()
  await Promise.all([server.close(), gateway.close()])
})
beforeEach(async () => {
  context = await browser.newContext()
  page = await context.newPage()
  origins = []
  context.on('request', (request) => {
    if (request.method() !== 'POST') return
    void request.allHeaders().then(({ origin = '' }) => origins.push(origin))
  })
})
afterEach(() => context.close())

const button = (name: string) => page.getByRole('button', { name, exact: true })
const expectHidden = async (): Promise<void> => {
  await expect.poll(() => new Set(origins)).toEqual(new Set(['null']))
}

test('a person signs in, takes another account and allows', async () => {
  await goToConsent(page, issuer, confidential, 'jonas')
  await follow(button('Use another account'))
  await signIn(page, 'sofia')
  const { landed } = await landAt(page, 'https://ledger.example.test')
  await button('Allow').click()
  expect((await landed).searchParams.get('code')).toBeTruthy()
  await expectHidden()
})

test('a person chooses an account and declines', async () => {
  await goToConnections(page, issuer, 'sofia')
  await page.goto(askUrl(issuer, confidential, { prompt: 'select_account' }))
  await follow(page.locator('button.button-primary'))
  const { landed } = await landAt(page, 'https://ledger.example.test')
  await page.locator('button[value=decline]').click()
  expect((await landed).searchParams.get('error')).toBe('access_denied')
  await expectHidden()
})

test('a person disconnects and signs out', async () => {
  await connect(issuer)
  await goToConnections(page, issuer, 'sofia')
  await follow(page.getByRole('link', { name: 'Disconnect' }).first())
  await follow(button('Disconnect'))
  await page.getByText('no longer has access').waitFor()
  await page.goto(`${issuer}/oauth/sign-out`)
  await follow(button('Sign out'))
  await page.getByText('You are signed out').first().waitFor()
  await expectHidden()
})

// The attacker has seen the form, and hides the origin in the same way.
describe('a form from elsewhere that hides its origin, too, is refused', () => {
  let form = ''
  let evil: Awaited<ReturnType<typeof startApp>>
  beforeAll(async () => {
    const trap = new Koa().use((ctx) => {
      ctx.type = 'html'
      ctx.set('Referrer-Policy', 'no-referrer')
      ctx.body =
        ctx.path === '/framed'
          ? `<!doctype html><iframe sandbox="allow-forms allow-top-navigation" src="/"></iframe>`
          : form
    })
    evil = await startApp(trap)
  })
  afterAll(() => evil.close())

  const places = [
    ['on another site', (origin: string) => origin.replace('127.0.0.1', 'localhost')],
    ['on another port of the same host', (origin: string) => origin],
    ['in a sandboxed frame', (origin: string) => `${origin}/framed`],
  ] as const

  test.each(places)('%s', async (_, toUrl) => {
    await goToConsent(page, issuer, confidential, 'sofia')
    const csrf = await page.locator('[name=csrf]').first().inputValue()
    form = `<!doctype html><form method="post" target="_top" action="${page.url()}">
      <input name="csrf" value="${csrf}"><input name="subject" value="${bakery}">
      <button name="decision" value="allow">Win</button></form>`
    const before = stored('Grant')
    const trap = await context.newPage()
    await trap.goto(toUrl(evil.origin))
    const win = trap.url().endsWith('/framed') ? trap.frameLocator('iframe') : trap
    await win.getByRole('button', { name: 'Win' }).click()
    await trap.getByRole('heading', { level: 1 }).waitFor()
    await expect.poll(() => trap.locator('main').innerText()).toContain('sent from another origin')
    expect([new URL(trap.url()).origin, stored('Grant')]).toEqual([issuer, before])
  })
})
