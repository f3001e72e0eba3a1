import type { Page } from 'playwright-core'
import { beforeEach, expect, test } from 'vitest'
import { launchBrowser, openPage } from '../support/chromium.ts'
import { useRunning } from '../support/fixtures.ts'
import { landAt } from '../support/landing.ts'
import { password } from '../support/people.ts'
import { confidential, useServer } from '../support/server.ts'
import { askUrl, goToConsent, signIn } from '../support/steps.ts'

// What people do in a browser that no step of the protocol foresees.

const origin = 'https://ledger.example.test'
const client = { ...confidential, initiation_uri: `${origin}/start` }

const browser = useRunning(launchBrowser)
let page: Page
beforeEach(async () => {
  page = await openPage(browser)
})
const server = useServer({ clients: [client] })

const allowed = 'You allowed Northwind Ledger to access Bright Bakery'

/** Without the marks that isolate names. */
const heading = async (): Promise<string> =>
  (await page.locator('h1').innerText()).replaceAll(/[\u2066-\u2069]/g, '')

const allowButton = () => page.getByRole('button', { name: 'Allow', exact: true })

/** Allows it; resolves to the page of the request and to the code that the application got. */
async function allow(): Promise<{ readonly url: string; readonly code: string }> {
  await goToConsent(page, server.issuer, client, 'sofia')
  const url = page.url()
  const { landed } = await landAt(page, origin)
  await allowButton().click()
  const { searchParams } = await landed
  return { url, code: searchParams.get('code') ?? '' }
}

test('back after "Allow" shows what was allowed, and gives no second code', async () => {
  const { code } = await allow()
  expect(code).not.toBe('')
  await page.waitForURL(`${origin}/**`)
  await page.goBack()
  // A browser may show the form from its memory. It is answered in the same way.
  if (await allowButton().isVisible()) await allowButton().click()
  await page.getByText('already answered').waitFor()
  expect(await heading()).toBe(allowed)
  await page.reload()
  expect(await heading()).toBe(allowed)
})

test('a bookmark of the page leads to what was allowed, and on to the application', async () => {
  const { url } = await allow()
  await page.goto(url)
  expect(await heading()).toBe(allowed)
  const link = page.getByRole('link', { name: 'Go to' })
  expect(await link.getAttribute('href')).toBe(client.initiation_uri)
  const stranger = await openPage(browser)
  await stranger.goto(url)
  expect(await stranger.locator('body').innerText()).not.toContain('Ledger')
})

test('a double click on "Allow" leads to the application once', async () => {
  await goToConsent(page, server.issuer, client, 'sofia')
  const url = page.url()
  const { landed } = await landAt(page, origin)
  await allowButton().dblclick({ noWaitAfter: true })
  const isThere = await Promise.race([
    landed.then((at) => at.searchParams.has('code')),
    page
      .getByText('already answered')
      .waitFor()
      .then(() => true),
  ])
  expect(isThere).toBe(true)
  await page.goto(url)
  expect(await heading()).toBe(allowed)
})

test('a double click on "Sign in" leads on', async () => {
  await page.goto(askUrl(server.issuer, client))
  await page.locator('[name=username]').fill('sofia@example.test')
  await page.locator('[name=password]').fill(password)
  await page.locator('button.button-primary').dblclick({ noWaitAfter: true })
  await page.locator('[value=allow], [name=password]').first().waitFor()
  expect(await page.getByText('no longer valid').count()).toBe(0)
})

test('back to the sign-in leads to the question of the same request', async () => {
  await goToConsent(page, server.issuer, client, 'sofia')
  await page.goBack()
  if (await page.locator('[name=password]').isVisible()) {
    await page.locator('[name=username]').fill('sofia@example.test')
    await page.locator('[name=password]').fill(password)
    await page.locator('button.button-primary').click()
  }
  const { landed } = await landAt(page, origin)
  await allowButton().click()
  const { searchParams } = await landed
  expect([searchParams.has('code'), searchParams.get('state')]).toEqual([true, 'some-state'])
})

test('a reload of the sign-in page and of the consent page goes on with the request', async () => {
  await page.goto(askUrl(server.issuer, client))
  expect(new URL(page.url()).pathname).toBe('/oauth/authorize')
  await page.reload()
  await signIn(page, 'sofia')
  // On a busy machine, the page may take so long that it is left to its own URL.
  expect(new URL(page.url()).pathname).toMatch(/^\/oauth\/(authorize|interaction)\/./)
  await page.reload()
  expect(new URL(page.url()).pathname).toMatch(/^\/oauth\/interaction\/./)
  await page.reload()
  const { landed } = await landAt(page, origin)
  await allowButton().click()
  const { searchParams } = await landed
  expect([searchParams.has('code'), searchParams.get('state')]).toEqual([true, 'some-state'])
})

test('another account is taken on the consent page, and on the sign-in page again', async () => {
  await goToConsent(page, server.issuer, client, 'sofia')
  await page.getByRole('button', { name: 'another account' }).click()
  await signIn(page, 'jonas')
  expect(await page.locator('body').innerText()).toContain('Jonas Berg')
  await page.reload()
  expect(await page.locator('body').innerText()).toContain('Jonas Berg')
})

test('a browser that loses cookies is told what to do', async () => {
  await page.goto(askUrl(server.issuer, client))
  await page.context().clearCookies()
  await page.locator('[name=username]').fill('sofia@example.test')
  await page.locator('[name=password]').fill(password)
  await page.locator('button.button-primary').click()
  await page.getByText('seems to block cookies').waitFor()
  expect(await page.locator('body').innerText()).not.toContain('Ledger')
})

test('one click shows what support needs, and one more selects it, without a script', async () => {
  const view = await openPage(browser, { javaScriptEnabled: true })
  await view.goto(`${server.issuer}/oauth/authorize?client_id=unknown`)
  await view.locator('summary').click()
  await view.locator('pre').click()
  const selected = await view.evaluate(() => String(getSelection()))
  expect(selected).toMatch(/^Code: invalid_client\nDescription: .+\nTime: .+Z\nRequest: [\w-]{16}$/)
})
