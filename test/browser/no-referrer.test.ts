import Koa from 'koa'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { usePage } from '../support/chromium.ts'
import { useRunning } from '../support/fixtures.ts'
import { connect } from '../support/flow.ts'
import { startGateway } from '../support/gateway.ts'
import { createCountingStorage } from '../support/hosts.ts'
import { landAt } from '../support/landing.ts'
import { bakery } from '../support/people.ts'
import { confidential, startApp, useServer } from '../support/server.ts'
import { askUrl, follow, formUrl, goToConnections, goToConsent, signIn } from '../support/steps.ts'

// Behind a gateway that sets `Referrer-Policy: no-referrer` on every answer, Chromium sends `Origin: null` with each form.

const { storage, stored } = createCountingStorage()
let origins: string[]

const gateway = useRunning(() => startGateway('', { 'referrer-policy': 'no-referrer' }))
const page = usePage()
const server = useServer(() => ({ issuer: gateway.origin, storage }))
beforeAll(async () => {
  gateway.sendTo(server.issuer)
})
beforeEach(async () => {
  origins = []
  page.context().on('request', (request) => {
    if (request.method() !== 'POST') return
    void request.allHeaders().then(({ origin = '' }) => origins.push(origin))
  })
})

const button = (name: string) => page.getByRole('button', { name, exact: true })
const expectHidden = async (): Promise<void> => {
  await expect.poll(() => new Set(origins)).toEqual(new Set(['null']))
}

test('a person signs in, takes another account and allows', async () => {
  await goToConsent(page, gateway.origin, confidential, 'jonas')
  await follow(button('Use another account'))
  await signIn(page, 'sofia')
  const { landed } = await landAt(page, 'https://ledger.example.test')
  await button('Allow').click()
  expect((await landed).searchParams.get('code')).toBeTruthy()
  await expectHidden()
})

test('a person chooses an account and declines', async () => {
  await goToConnections(page, gateway.origin, 'sofia')
  await page.goto(askUrl(gateway.origin, confidential, { prompt: 'select_account' }))
  await follow(page.locator('button.button-primary'))
  const { landed } = await landAt(page, 'https://ledger.example.test')
  await page.locator('button[value=decline]').click()
  expect((await landed).searchParams.get('error')).toBe('access_denied')
  await expectHidden()
})

test('a person disconnects and signs out', async () => {
  await connect(gateway.origin)
  await goToConnections(page, gateway.origin, 'sofia')
  await follow(page.getByRole('link', { name: 'Disconnect' }).first())
  await follow(button('Disconnect'))
  await page.getByText('no longer has access').waitFor()
  await page.goto(`${gateway.origin}/oauth/sign-out`)
  await follow(button('Sign out'))
  await page.getByText('You are signed out').first().waitFor()
  await expectHidden()
})

// The attacker has seen the form, and hides the origin in the same way.
describe('a form from elsewhere that hides its origin, too, is refused', () => {
  let form = ''
  const attacker = new Koa().use((ctx) => {
    ctx.type = 'html'
    ctx.set('Referrer-Policy', 'no-referrer')
    ctx.body =
      ctx.path === '/framed'
        ? `<!doctype html><iframe sandbox="allow-forms allow-top-navigation" src="/"></iframe>`
        : form
  })
  const evil = useRunning(() => startApp(attacker))

  const places = [
    ['on another site', (origin: string) => origin.replace('127.0.0.1', 'localhost')],
    ['on another port of the same host', (origin: string) => origin],
    ['in a sandboxed frame', (origin: string) => `${origin}/framed`],
  ] as const

  test.each(places)('%s', async (_, toUrl) => {
    await goToConsent(page, gateway.origin, confidential, 'sofia')
    const csrf = await page.locator('[name=csrf]').first().inputValue()
    form = `<!doctype html><form method="post" target="_top" action="${await formUrl(page)}">
      <input name="csrf" value="${csrf}"><input name="subject" value="${bakery}">
      <button name="decision" value="allow">Win</button></form>`
    const before = stored('Grant')
    const trap = await page.context().newPage()
    await trap.goto(toUrl(evil.origin))
    const win = trap.url().endsWith('/framed') ? trap.frameLocator('iframe') : trap
    await win.getByRole('button', { name: 'Win' }).click()
    await trap.getByRole('heading', { level: 1 }).waitFor()
    await expect
      .poll(() => trap.locator('main').textContent())
      .toContain('sent from another origin')
    expect([new URL(trap.url()).origin, stored('Grant')]).toEqual([gateway.origin, before])
  })
})
