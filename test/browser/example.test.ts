import type { Page } from 'playwright-core'
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { beforeAll, beforeEach, expect, it, onTestFinished } from 'vitest'
import { startBackend } from '../support/backend.ts'
import { isolated } from '../support/browser.ts'
import { launchBrowser, openPage } from '../support/chromium.ts'
import { startExample } from '../support/example.ts'
import { useRunning } from '../support/fixtures.ts'
import { startRedis, withClient } from '../support/redis-server.ts'
import { looks, lookAt, noFindings } from '../support/page-looks.ts'
import { follow } from '../support/steps.ts'

const screenshots = fileURLToPath(new URL('../../screenshots/', import.meta.url))

beforeAll(async () => {
  mkdirSync(screenshots, { recursive: true })
})
const example = useRunning(startExample)
const browser = useRunning(launchBrowser)
let page: Page
beforeEach(async () => {
  // Without JavaScript: no page of ours may need it.
  page = await openPage(browser, { javaScriptEnabled: false })
})

const shot = (name: string) =>
  page.screenshot({ path: `${screenshots}${name}.png`, fullPage: true })
const click = (name: string) => follow(page.getByRole('button', { name, exact: true }))
const heading = () => page.getByRole('heading', { level: 1 }).innerText()

async function signIn(name: string, link = 'Connect to Pleo', app = example.app): Promise<void> {
  await page.goto(app)
  await page.getByRole('link', { name: link }).click()
  await page.getByLabel('Email').fill(name)
  await page.getByLabel('Password').fill('pleo-demo')
  await shot('sign-in')
  await click('Sign in')
}

it('leads Sofia from "Connect" to her company\'s data, and on to the end of the connection', async () => {
  await signIn('sofia@brightbakery.example')
  await expect.poll(() => heading()).toContain(`${isolated('Northwind Ledger')} wants access to`)
  await expect.poll(() => page.locator('.facts').innerText()).toContain('Bright Bakery')
  await shot('consent-one-company')
  await click('Allow')

  await page.waitForURL(`${example.app}/connected`)
  await expect.poll(() => heading()).toBe('Connected: Bright Bakery')
  await expect.poll(() => page.locator('body').innerText()).toContain('sofia@brightbakery.example')
  await shot('connected')

  await click('Refresh')
  const answers = await page.locator('pre').allInnerTexts()
  expect(answers.map((answer) => (JSON.parse(answer) as { active: boolean }).active)).toEqual([
    false,
    true,
  ])
  await shot('refreshed')

  await click('Introspect')
  const introspection = await page.locator('pre').first().innerText()
  expect(JSON.parse(introspection)).toMatchObject({ active: true, aud: 'https://external.pleo.io' })
  await shot('introspected')

  await click('Disconnect')
  await expect.poll(() => heading()).toBe('Disconnected')
  await expect.poll(() => page.locator('body').innerText()).toContain('401')
  await shot('disconnected')
})

it('connects nothing when the person declines', async () => {
  await signIn('sofia@brightbakery.example')
  await click('Don’t allow')
  await page.waitForURL(`${example.app}/declined`)
  await expect.poll(() => heading()).toBe('Nothing was connected')
  await shot('declined')
})

it('lets Jonas choose one company of three', async () => {
  await signIn('jonas@nordlys.example')
  await expect.poll(() => page.getByRole('radio').count()).toBe(3)
  await shot('consent-three-companies')
  await page.getByRole('radio').nth(1).check()
  await click('Allow')
  await expect.poll(() => heading()).toMatch(/^Connected: Nordlys/)
})

it('lets Jonas connect the whole organization', async () => {
  await signIn('jonas@nordlys.example', 'Connect an organization')
  await shot('consent-organization')
  await click('Allow')
  await expect.poll(() => heading()).toBe('Connected: an organization with 3 companies')
  await shot('connected-organization')
})

it('lets Maja choose among 250 companies, with the buttons within reach', async () => {
  await signIn('maja@ledgerline.example')
  await expect.poll(() => page.getByRole('radio').count()).toBe(250)
  await shot('consent-250-companies')
  await page.getByRole('radio').nth(200).check()
  await click('Allow')
  await expect.poll(() => heading()).toMatch(/^Connected: /)
})

it('tells Emil why he cannot connect, and leads him back', async () => {
  await signIn('emil@brightbakery.example')
  await expect.poll(() => heading()).toBe(`You cannot connect ${isolated('Northwind Ledger')}`)
  await expect.poll(() => page.locator('main').innerText()).toContain('Sofia')
  await shot('cannot-connect')
  await click(`Go back to ${isolated('Northwind Ledger')}`)
  await page.waitForURL(`${example.app}/declined`)
})

it('goes on with the same request when the person uses another account', async () => {
  await signIn('emil@brightbakery.example')
  await click('Use another account')
  await page.getByLabel('Email').fill('sofia@brightbakery.example')
  await page.getByLabel('Password').fill('pleo-demo')
  await click('Sign in')
  await click('Allow')
  await expect.poll(() => heading()).toBe('Connected: Bright Bakery')
})

it('does not ask a person who is signed in for the password again', async () => {
  await signIn('sofia@brightbakery.example')
  await click('Allow')
  await page.goto(`${example.app}/`)
  await page.goto(`${example.app}/connect`)
  await expect.poll(() => heading()).toContain('access to')
})

it('is still connected after a restart on Redis, which holds nothing that is of use', async () => {
  const redis = await startRedis()
  onTestFinished(() => redis.stop())
  const settings = {
    REDIS_URL: redis.url,
    STORAGE_KEYS: 'a storage key of the tests with 32 characters',
  }
  const first = await startExample(settings)
  onTestFinished(() => first.close())
  await signIn('sofia@brightbakery.example', 'Connect to Pleo', first.app)
  await click('Allow')
  await expect.poll(() => heading()).toBe('Connected: Bright Bakery')
  await first.close()

  const ports = [first.issuer, first.api, first.app].map((url) => new URL(url).port)
  const [PORT = '', API_PORT = '', APP_PORT = ''] = ports
  const second = await startExample({ ...settings, PORT, API_PORT, APP_PORT })
  onTestFinished(() => second.close())
  await page.goto(second.app)
  await expect.poll(() => heading()).toBe('Connected: Bright Bakery')
  await click('Refresh')
  await expect.poll(() => page.locator('.outcome h2').innerText()).toBe('The tokens were refreshed')

  const session = (await page.context().cookies()).find(({ name }) =>
    name.startsWith('northwind_session'),
  )
  const kept = await withClient(redis, async (client) => {
    const [key = '', ...others] = await client.keys('pleo:northwind:*')
    return {
      key,
      others,
      content: (await client.hvals(key)).join(),
      lifetime: await client.ttl(key),
    }
  })
  expect(kept.others).toEqual([])
  expect(kept.key).not.toContain(session?.value)
  expect(kept.content).not.toMatch(/token|company/i)
  expect(kept.lifetime).toBeGreaterThan(0)

  await click('Disconnect')
  await expect.poll(() => heading()).toBe('Disconnected')
})

it('moves the bar of the access token, and gives no policy of a page reason to complain', async () => {
  const complaints: string[] = []
  page = await openPage(browser)
  page.on('console', (message) => {
    if (/Content Security Policy|Refused/.test(message.text())) complaints.push(message.text())
  })
  await signIn('sofia@brightbakery.example')
  await click('Allow')
  await expect.poll(() => heading()).toBe('Connected: Bright Bakery')
  // The policy of the partner's pages lets its script in.
  const life = page.getByRole('meter', { name: 'Access token' })
  const left = (): Promise<number> => life.evaluate((bar: HTMLMeterElement) => bar.value)
  const [before, words] = [await left(), await page.locator('#left').innerText()]
  await expect.poll(left).toBeLessThan(before)
  await expect.poll(() => page.locator('#left').innerText()).not.toBe(words)
  expect(complaints).toEqual([])
})

async function expectForEverybody(name: string): Promise<void> {
  const findings = await lookAt(page, name)
  for (const look of looks) {
    expect.soft(findings[look.name], `${name}, ${look.name}`).toEqual(noFindings)
  }
}

it('can be used by everybody: light, dark, narrow and zoomed', async () => {
  // Pages let no script in; axe-core is one.
  page = await openPage(browser, { bypassCSP: true })
  for (const path of ['', 'terms']) {
    await page.goto(`${example.app}/${path}`)
    await expectForEverybody(`partner-${path || 'start'}`)
  }
  await signIn('sofia@brightbakery.example')
  await click('Allow')
  await page.waitForURL(`${example.app}/connected`)
  expect(await page.getByRole('meter', { name: 'Access token' }).count()).toBe(1)
  await click('Refresh')
  for (const step of await page.locator('summary').all()) await step.click()
  await expectForEverybody('partner-connected')
})

it('has a neighbour, the embedded example, whose sign-in can be used by everybody', async () => {
  const { origin, close } = await startBackend()
  onTestFinished(close)
  page = await openPage(browser, { bypassCSP: true })
  await page.goto(`${origin}/login`)
  await expectForEverybody('embedded-sign-in')
  await page.getByLabel('Email').fill('maja@bakery.example')
  await page.getByLabel('Password').fill('wrong')
  await click('Sign in')
  expect(await page.getByRole('alert').innerText()).toBe('Wrong email or password.')
  expect(await page.title()).toBe('Error: Sign in | Harbour')
  await expectForEverybody('embedded-sign-in-wrong-password')
  await page.getByLabel('Password').fill('flour and water')
  await click('Sign in')
  await expect.poll(() => page.locator('main').innerText()).toContain('Signed in as Maja Lind')
  await expectForEverybody('embedded-start')
})
