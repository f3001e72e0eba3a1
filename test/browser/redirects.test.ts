import Koa from 'koa'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { launchBrowser } from '../support/chromium.ts'
import { authorizationUrl, createPkce } from '../support/flow.ts'
import { password } from '../support/people.ts'
import { confidential, startApp, startServer } from '../support/server.ts'

let browser: Browser

beforeAll(async () => {
  browser = await launchBrowser()
})

afterAll(async () => browser.close())

it('keeps the Allow button alive when the client sends the browser on to another origin', async () => {
  const landing = new Koa().use((ctx) => void (ctx.body = 'landed'))
  const { origin: last, close: closeLast } = await startApp(landing)
  const elsewhere = last.replace('127.0.0.1', 'localhost')
  const callback = new Koa().use((ctx) => ctx.redirect(`${elsewhere}/welcome`))
  const { origin: first, close: closeFirst } = await startApp(callback)
  const client = { ...confidential, redirect_uris: [`${first}/callback`] }
  const server = await startServer({ clients: [client] })

  const page = await browser.newPage()
  const { challenge } = createPkce()
  await page.goto(authorizationUrl(server.issuer, client, { code_challenge: challenge }))
  await page.getByLabel('Email').fill('sofia@example.test')
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('button', { name: 'Allow', exact: true }).click()
  await page.waitForURL(`${elsewhere}/welcome`)
  expect(await page.locator('body').innerText()).toBe('landed')

  await page.close()
  await Promise.all([closeLast(), closeFirst(), server.close()])
})
